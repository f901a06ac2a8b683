"""The worker on a real store: mail in, committed turns out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.bot import ANNE, OFFER, Journal, commit, settings

from bot import keys
from bot.compose import runtime
from bot.converse.actions import Actions
from bot.converse.worker import Worker
from bot.receive.inbox import Inbox
from bot.runtime import Runtime
from flows.engine import step
from flows.library import with_stored
from flows.state import Conversation, Happened, Say


class Platform:
    """Where actions run: none is there."""

    async def call(self, request: bytes) -> Any:
        return {"events": [], "responses": []}

    async def names(self) -> frozenset[str]:
        return frozenset()

    async def aclose(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def rt(store_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with runtime(settings(tmp_path), store_url) as made:
        yield made


@asynccontextmanager
async def working(rt: Runtime) -> AsyncIterator[None]:
    worker, stopping = Worker(rt, Inbox(rt), Actions(Platform(), 5)), asyncio.Event()
    rt.wakes.work = worker.wake
    running = asyncio.create_task(worker.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await running


async def say(rt: Runtime, words: str) -> None:
    contact, shard = rt.contact(ANNE)
    await Inbox(rt).put(contact, shard, {"kind": "said", "id": words, "text": words})


Change = Callable[[str], str]


async def asked_by_newer_release(rt: Runtime, change: Change) -> Conversation:
    """Another process, with a flow file this one never saw, asked about an offer."""
    (version,) = (v for v, flow in rt.library.versions.items() if flow.flow == "consignment/offer")
    text = change(rt.library.sources[version])
    newer = with_stored(rt.library, {"": text})
    flow = newer.versions[""]
    newer = replace(newer, flows={**newer.flows, flow.flow: flow}, versions={**newer.versions, flow.version: flow})
    await rt.store.redis.hset(keys.FLOWS, flow.version, text)
    contact, shard = rt.contact(ANNE)
    now = datetime.now(UTC)
    turn = step(newer, Conversation(contact), Happened("e", now, "offer.made", dict(OFFER), 1), now)
    (message,) = (effect for effect in turn.effects if isinstance(effect, Say))
    assert message.ask is not None
    await commit(rt, ANNE, message, threads=turn.conversation.threads, asks=turn.conversation.asks)
    await rt.store.redis.hset(keys.shown(shard, contact), message.ask.id, f"{now.timestamp() * 1000:.0f} 0")
    return turn.conversation


async def test_a_thread_of_a_newer_release_goes_on_in_an_older_process(rt: Runtime) -> None:
    """While a release rolls out, a process that started before it reads the flow version from the store."""
    await asked_by_newer_release(rt, lambda text: text + "# of the next release\n")
    async with working(rt):
        await say(rt, "Y")
        turn = await Journal(rt.store).of("turn", id="Y")
    assert ["do", "accept_offer #1"] in turn["effects"]
