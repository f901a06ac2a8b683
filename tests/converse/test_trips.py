"""What an ordinary turn costs the store: three script calls, each one trip, and nothing beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from standins.base import Standin
from standins.google_rbm import GoogleRbmStandin
from standins.yunpian import YunpianStandin
from support.bot import ANNE, Journal, matching, settings, until

from bot.compose import runtime
from bot.converse.actions import Actions, connect
from bot.converse.worker import Worker
from bot.deliver.sender import Sender
from bot.messages import AccountName, Inbound
from bot.receive.inbox import Inbox
from bot.runtime import Runtime

SELDOM = 3_600_000
"""Milliseconds between two polls: what is counted is the turn's alone."""


@asynccontextmanager
async def serving(
    folder: Path, store_url: str, calls: list[str], *standins: Standin
) -> AsyncIterator[tuple[Runtime, Inbox]]:
    """A worker and a sender in one process, as `bot serve` wires them; `calls` is what they ask of the store."""
    polls = {name: {"poll_ms": SELDOM} for name in ("worker", "sender", "recall")}
    async with runtime(settings(folder, *standins, store={"shards": 1}, **polls), store_url) as rt:
        run, command = rt.store.run, rt.store.command

        def counted(script: str, *given: Any) -> asyncio.Future[Any]:
            calls.append(script)
            return run(script, *given)

        def counted_too(*parts: Any) -> asyncio.Future[Any]:
            calls.append(str(parts[0]))
            return command(*parts)

        rt.store.run, rt.store.command = counted, counted_too  # type: ignore[method-assign,assignment]
        inbox, stopping = Inbox(rt), asyncio.Event()
        sender = Sender(rt)
        actions: Actions = connect(rt.settings.actions, rt.http)
        worker = Worker(rt, inbox, actions, sender=sender)
        rt.wakes.hands, rt.wakes.work, rt.wakes.send = worker, worker.wake, sender.wake
        running = [asyncio.create_task(role.run(stopping)) for role in (worker, sender)]
        try:
            yield rt, inbox
        finally:
            stopping.set()
            await asyncio.gather(*running)
            await actions.aclose()


@pytest.mark.parametrize("rcs", [False, True], ids=["SMS alone", "beside an RCS account"])
async def test_a_turn_by_sms_is_three_trips(tmp_path: Path, store_url: str, rcs: bool) -> None:
    """Accepted and claimed; committed and attempted; sent. The first time, and every time."""
    calls: list[str] = []
    polled = {"claim", "take", "due", *(["recall_take"] if rcs else [])}
    async with YunpianStandin() as sms, GoogleRbmStandin() as google:
        standins = (sms, google) if rcs else (sms,)
        async with serving(tmp_path, store_url, calls, *standins) as (rt, inbox):
            journal = Journal(rt.store)
            await until(lambda: _looked(calls, polled))
            calls.clear()
            for n in range(1, 4):
                await inbox.inbound(Inbound(AccountName("yunpian"), ANNE, "今天天气不错", id=f"w{n}"))
                await journal.until(lambda entries, n=n: len(matching(entries, "status", status="sent")) == n)  # type: ignore[misc]
            assert calls == ["accept", "commit", "sent"] * 3


async def _looked(calls: list[str], polled: set[str]) -> bool:
    """Every role made its first round."""
    return polled <= set(calls)
