"""What must not be sent, or not hold up the rest: the sender on a real store, with a carrier played over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standins.sandbox import SandboxStandin
from support.bot import ANNE, BO, HANG_S, Journal, asking, commit, settings, telling

from bot import keys
from bot.compose import runtime
from bot.deliver.sender import Sender
from bot.messages import PhoneNumber
from bot.runtime import Runtime
from flows.state import Consent, Say


class Phone(SandboxStandin):
    """Says what the phone can do not before `answers_at`."""

    answers_at: datetime | None = None

    async def _capabilities(self, request: web.Request) -> web.Response:
        if self.answers_at is not None:
            await asyncio.sleep((self.answers_at - datetime.now(UTC)).total_seconds())
        return await super()._capabilities(request)


@dataclass
class World:
    rt: Runtime
    phone: Phone
    journal: Journal


@pytest.fixture
async def world(store_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with Phone() as phone, runtime(settings(tmp_path, phone, store={"shards": 1}), store_url) as rt:
        yield World(rt, phone, Journal(rt.store))


@asynccontextmanager
async def sending(rt: Runtime) -> AsyncIterator[None]:
    sender, stopping = Sender(rt), asyncio.Event()
    running = asyncio.create_task(sender.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await running


def note(**more: Any) -> Say:
    return telling("service/plain", data={"text": "您好"}, **more)


STOP = Consent("*", granted=False, evidence="test")


@pytest.mark.parametrize(("reply_to", "ends"), [("in-1", "sent"), ("", "dropped")])
async def test_after_an_opt_out_only_what_answers_the_persons_own_words_goes(
    world: World, reply_to: str, ends: str
) -> None:
    """What the bot says of itself, in whatever tone, is dropped; an answer is not."""
    await commit(world.rt, ANNE, STOP)
    (message,) = await commit(world.rt, ANNE, note(kind="conversation", reply_to=reply_to))
    async with sending(world.rt):
        assert await world.journal.of("status", id=message, status=ends)


async def test_a_colleagues_own_words_go_out_after_an_opt_out(world: World) -> None:
    """They are a person's answer, not the bot's."""
    await commit(world.rt, ANNE, STOP)
    (message,) = await commit(world.rt, ANNE, note(kind="conversation", through_hold=True))
    async with sending(world.rt):
        assert await world.journal.of("status", id=message, status="sent")


async def test_what_cannot_be_worked_on_holds_up_nothing_else(world: World) -> None:
    """A number that cannot be opened: the others' messages go, and this one is looked at again later."""
    (broken,) = await commit(world.rt, ANNE, note())
    contact, shard = world.rt.contact(ANNE)
    await world.rt.store.redis.hset(keys.who(shard, contact), "number", "not sealed by us")
    (good,) = await commit(world.rt, BO, note())
    async with sending(world.rt):
        assert await world.journal.of("status", id=good, status="sent")
        entry = await world.journal.of("status", id=broken)
    assert entry["status"] == "queued"
    assert datetime.fromisoformat(entry["until"]) > datetime.now(UTC)


async def test_an_outbound_nobody_can_read_holds_up_nobody_else(world: World) -> None:
    """One damaged document: those who are taken together with it are sent to all the same."""
    (broken,) = await commit(world.rt, ANNE, note())
    (good,) = await commit(world.rt, BO, note())
    await world.rt.store.redis.hset(keys.msg(0, broken), "doc", "{}")
    async with sending(world.rt):
        assert await world.journal.of("status", id=good, status="sent")


async def test_nothing_is_sent_that_expired_while_the_phone_was_asked_about(world: World) -> None:
    """Looking up what the phone can do takes longer than the message lives."""
    expires = datetime.now(UTC) + timedelta(seconds=1)
    world.phone.answers_at = expires
    (message,) = await commit(world.rt, ANNE, asking(expires_at=expires))
    async with sending(world.rt):
        entry = await world.journal.of("status", id=message)
    assert (entry["status"], entry["why"]) == ("dropped", "expired")
    assert not world.phone.sent


async def test_waiting_for_an_accounts_rate_fills_no_journal(store_url: str, tmp_path: Path) -> None:
    """Fifteen messages at five a second after a burst of five: each is journaled as it is sent, never as it waits."""
    async with Phone() as phone:
        slow = settings(tmp_path, accounts={"sandbox": phone.table(signature="叮咚", rate_per_s=5)})
        async with runtime(slow, store_url) as rt:
            journal = Journal(rt.store)
            for number in range(15):
                await commit(rt, PhoneNumber(f"+86138001380{number:02d}"), note())
            async with sending(rt), asyncio.timeout(HANG_S):
                await phone.taken(15)
            entries = await journal.now()
    assert {entry["status"] for entry in entries if entry["t"] == "status"} == {"sent"}
