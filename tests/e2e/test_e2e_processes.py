"""Our commands as processes: several on one port, ended, killed, started again, talked to in a terminal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import yaml
from e2e.house import ROOT, Person, sandboxed, words
from e2e.running import run
from flow_world import shipped
from support.bot import ANNE, HANG_S, until
from support.ports import free_port

from flows.transcript import EXPECTED, Player


def children(process: int) -> set[int]:
    """Processes of ours that this one started (the store apart)."""
    started = map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
    return {child for child in started if b"\0serve\0" in Path(f"/proc/{child}/cmdline").read_bytes()}


async def gone(processes: set[int]) -> None:
    async def all_gone() -> bool:
        return not any(Path(f"/proc/{one}").exists() for one in processes)

    await until(all_gone)


async def test_processes_share_port_and_work_and_one_that_dies_is_replaced() -> None:
    """Two processes behind one launcher; kill -9 of one is mended; SIGTERM ends them all."""
    async with sandboxed(ANNE, processes=2) as (phone, home):
        anne = Person(phone)
        launcher = home.bot.pid
        await anne.hears()
        first = children(launcher)
        assert len(first) == 2
        victim = first.pop()
        os.kill(victim, signal.SIGKILL)

        async def replaced() -> bool:
            return len(children(launcher) - {victim}) == 2

        await until(replaced)
        await home.ready(f"{home.bot_url}/readyz")
        await anne.says("Y")
        assert "成交" in words(await anne.hears())
        await home.outcome("offer.accepted")
        left = children(launcher)
        assert await home.bot.stop() == 0
        await gone(left)


async def test_no_process_outlives_its_launcher() -> None:
    """kill -9 of the launcher ends the processes it started and its store."""
    async with sandboxed(ANNE, processes=2, ends=-signal.SIGKILL) as (_, home):
        started = set(map(int, Path(f"/proc/{home.bot.pid}/task/{home.bot.pid}/children").read_text().split()))
        assert len(started) == 3
        os.kill(home.bot.pid, signal.SIGKILL)
        await gone(started)


# ---------------------------------------------------------------- bot run


async def page(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_a_second_run_goes_on_where_the_first_ended(data: Path) -> None:
    """Ctrl-C ends it with 0; password, phone and offer are there again; another one may not use its folder."""
    ports = free_port(), free_port()
    async with run(data, *ports) as first:

        async def offered() -> bool:
            return "15,200" in await page(first.address("the phone"))

        await until(offered)
        assert await first.interrupt() == 0
    async with run(data, *ports) as second:
        assert second.greeting == first.greeting
        assert "15,200" in await page(second.address("the phone"))
        assert "15,200" in await page(second.address("the platform"))
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", "--data", str(data), "--port", "0", "--platform-port", "0"),
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, error = await other.communicate()
        assert other.returncode == 2
        assert f"is in use by process {second.process.pid}" in error.decode()


# ---------------------------------------------------------------- bot chat


async def chat(typed: str, *options: str) -> str:
    """What the terminal shows when that is typed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "chat", *options),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(HANG_S):
        out, _ = await process.communicate(typed.encode())
    assert process.returncode == 0
    return out.decode()


async def test_a_chat_in_the_terminal_is_saved_as_a_transcript_that_plays(data: Path) -> None:
    """Typed words go the real path; what was saved causes the same when it is played."""
    said = await chat("不懂\n/7\nY\n/quit\n", "--save", str(data / "chat.yml"))
    assert "15,200" in said
    assert "/1, /2" in said
    assert "成交" in said
    saved = yaml.safe_load((data / "chat.yml").read_text())
    assert [turn.get("said", turn.get("event", "returned")) for turn in saved["turns"]] == [
        "offer.made",
        "不懂",
        "Y",
        "returned",
    ]
    assert saved["flows"] == ["consignment/offer"]
    assert "13800138000" not in str(saved)
    player = Player(shipped())
    for turn in saved["turns"]:
        assert player.play(turn) == {key: turn[key] for key in EXPECTED if key in turn}


async def test_a_chat_with_cards_is_tapped(data: Path) -> None:
    """/1 is the first button of the newest card; the end of input ends the chat."""
    said = await chat("/1\n", "--rcs", "--save", str(data / "chat.yml"))
    assert "[/1 接受]" in said
    assert "成交" in said
    taps = [turn["tapped"] for turn in yaml.safe_load((data / "chat.yml").read_text())["turns"] if "tapped" in turn]
    assert taps == [{"ask": 1, "choice": "affirm"}]
