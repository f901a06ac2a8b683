"""Words nobody understands, with real processes: a second opinion helps, staff label, the export is a case."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from e2e.house import ROOT, House, Person, house, webhook, words
from standins.rasa import parsed, rasa
from standins.sandbox import SandboxStandin
from support.bot import ANNE, until
from support.ports import free_port


async def understand(home: House, *options: str) -> list[dict[str, Any]]:
    """What `bot understand` prints, beside the running house."""
    command = [sys.executable, "-m", "bot", "understand", *options]
    run = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={"DINGDONG_DATA": str(home.data)}, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await run.communicate()
    assert run.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


async def test_unclear_words_are_helped_with_labelled_and_exported() -> None:
    """The offer stays open: a server that is sure of a yes is not believed, one that hears a cry for help is."""
    port = free_port()
    async with (
        rasa(parsed("affirm", 1.0)) as server,
        SandboxStandin(webhook=webhook(port, "sandbox"), receipts=True) as phone,
        house(phone, port=port, DINGDONG_UNDERSTANDING=json.dumps({"nlu_url": server.url})) as home,
    ):
        phone.no_rcs.add(ANNE)
        anne = Person(phone)
        await anne.hears()
        await anne.says("天上的云")
        assert "1接受" in words(await anne.hears())
        server.answer = parsed("help")
        await anne.says("地上的草")
        await anne.hears()
        assert [asked["text"] for asked in server.asked] == ["天上的云", "地上的草"]
        assert (await home.books())["answers"] == {}

        async def both() -> list[dict[str, Any]]:
            cases = await understand(home, "--export-unclear")
            return cases if len(cases) == 2 else []

        first, second = await until(both)
        assert [(one["context"], one["text"]) for one in (first, second)] == [
            ("offer", "天上的云"),
            ("offer", "地上的草"),
        ]
        await understand(home, "--label", second["id"], "help")
        assert await understand(home, "--export-unclear") == [first, {**second, "expect": {"intent": "help"}}]
