"""A worker beside the web and the sender in one process: the mail brings the person, the commit attempts the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standins.base import Fault, Standin
from standins.sandbox import SandboxStandin
from standins.yunpian import YunpianStandin
from structlog.testing import capture_logs
from support.bot import ANNE, Journal, asking, settings, telling

from bot.compose import runtime
from bot.converse.actions import Actions
from bot.converse.conversations import Mail, outbounds
from bot.converse.worker import Worker
from bot.deliver.outbox import Outbound, Ready
from bot.deliver.sender import Sender
from bot.messages import Kind
from bot.receive.inbox import Inbox
from bot.runtime import Runtime
from flows.state import Conversation, Said, Say, Turn


class NoPlatform:
    """In the actions' place, where nothing is decided."""

    async def call(self, request: bytes) -> Any:
        raise AssertionError("no action was decided")

    async def names(self) -> frozenset[str]:
        return frozenset()

    async def aclose(self) -> None:
        pass


class Phone(SandboxStandin):
    """Remembers who asked what it can do."""

    def __init__(self, **base: Any) -> None:
        super().__init__(**base)
        self.asked: list[str] = []

    async def _capabilities(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["number"])
        return await super()._capabilities(request)


@dataclass(frozen=True, slots=True)
class World:
    rt: Runtime
    inbox: Inbox
    worker: Worker
    sender: Sender
    journal: Journal

    async def said(self, text: str, name: str, account: str = "yunpian") -> None:
        contact, shard = self.rt.contact(ANNE)
        stimulus = {"kind": "said", "id": name, "text": text, "account": account, "pid": name}
        await self.inbox.put(contact, shard, stimulus, number=ANNE)

    async def at_once(self, *says: Say, **who: str) -> Ready | None:
        contact, shard = self.rt.contact(ANNE)
        mail = Mail(Said("1", datetime.now(UTC), "?"), "yunpian", "p")
        messages: Sequence[Outbound] = outbounds(
            self.rt.settings.sender, shard, [(mail, Turn(Conversation(contact), says))]
        )
        known = {"number": self.rt.sealer.seal(contact, ANNE), **who}
        return await self.sender.at_once(shard, "tok", messages, known)


@asynccontextmanager
async def living(tmp_path: Path, store_url: str, *standins: Standin, **given: Any) -> AsyncIterator[World]:
    made = settings(tmp_path, *standins, store={"shards": 2}, **given)
    async with runtime(made, store_url) as rt:
        inbox, sender = Inbox(rt), Sender(rt)
        yield World(rt, inbox, Worker(rt, inbox, Actions(NoPlatform(), 60), None, sender), sender, Journal(rt.store))


@asynccontextmanager
async def working(world: World) -> AsyncIterator[None]:
    """Both roles run, and find each other as `bot serve` lets them."""
    wakes, stopping = world.rt.wakes, asyncio.Event()
    wakes.work, wakes.hands, wakes.send = world.worker.wake, world.worker, world.sender.wake
    running = [asyncio.create_task(role.run(stopping)) for role in (world.worker, world.sender)]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*running)


async def test_a_turn_is_three_trips(tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """accept, commit, sent: nothing is claimed, taken or attempted by itself, and the journal tells it all."""
    async with YunpianStandin() as sms, living(tmp_path, store_url, sms) as world, working(world):
        ran = scripts(world, monkeypatch)
        await world.said("谢谢", "in-1")
        sent = await world.journal.of("status", status="sent")
        told = [entry["t"] for entry in await world.journal.now() if entry["t"] != "contact"]
    assert [name for name in ran if name not in POLLED] == ["accept", "commit", "sent"]
    assert told == ["turn", "out", "attempt", "status"]
    assert [one.id for one in sms.sent] == [sent["id"]]


POLLED = {"claim", "take", "due"}
"""Scripts that every role runs by the clock."""


def scripts(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the scripts the store is asked to run from here on."""
    names: list[str] = []
    run = world.rt.store.run

    def told(script: str, *rest: Any) -> Any:
        names.append(script)
        return run(script, *rest)

    monkeypatch.setattr(world.rt.store, "run", told)
    return names


async def test_words_that_come_meanwhile_wait_their_turn(tmp_path: Path, store_url: str) -> None:
    """Whoever has the person takes them, in order."""
    async with YunpianStandin() as sms, living(tmp_path, store_url, sms) as world, working(world):
        await asyncio.gather(*(world.said("谢谢", f"in-{n}") for n in range(8)))
        await world.journal.until(lambda entries: len([e for e in entries if e["t"] == "turn"]) == 8)
        turns = [entry["id"] for entry in await world.journal.now() if entry["t"] == "turn"]
    assert turns == [f"in-{n}" for n in range(8)]


async def test_full_hands_and_an_ending_worker_are_handed_nobody(tmp_path: Path, store_url: str) -> None:
    """Then mail only waits to be claimed."""
    async with YunpianStandin() as sms, living(tmp_path, store_url, sms, worker={"hands": 0}) as world:
        assert world.worker.token() == ""
        async with working(world):
            await world.said("谢谢", "in-1")
            await world.journal.of("status", status="sent")
    async with YunpianStandin() as sms, living(tmp_path, store_url, sms) as world:
        async with working(world):
            assert world.worker.token()
            await world.said("谢谢", "in-2")
            await world.journal.of("status", status="sent")
        assert world.worker.token() == ""


async def test_what_is_ready_at_once(tmp_path: Path, store_url: str) -> None:
    """One message that nothing stands against; an RCS card once it is known what the phone can do."""
    async with SandboxStandin() as phone, living(tmp_path, store_url, phone) as world:
        text = await world.at_once(telling())
        assert text is not None
        assert (text.carrier.account, text.sendable.form, text.entry["n"]) == ("sandbox", "text", 1)
        card = await world.at_once(asking(), **{"rich:sandbox": "1 99999999999"})
        assert card is not None
        assert card.sendable.form == "rbm"


async def test_what_is_left_to_the_outbox(tmp_path: Path, store_url: str) -> None:
    """What must be asked, held, dropped, ordered or put off; and nothing was asked of anybody for it."""
    async with Phone() as phone, living(tmp_path, store_url, phone) as world:
        assert await world.at_once(telling(), telling()) is None
        assert await world.at_once(telling(kind=Kind.MARKETING.value)) is None
        assert await world.at_once(telling(), held="anna") is None
        assert await world.at_once(telling(), **{"stop:*": "1"}) is None
        assert await world.at_once(asking()) is None
        assert phone.asked == []
        with capture_logs() as logs:
            assert await world.at_once(telling(), number="not sealed") is None
        assert [one["event"] for one in logs] == ["not_at_once"]


async def test_a_used_up_rate_leaves_it_to_the_outbox(tmp_path: Path, store_url: str) -> None:
    """The permit is taken before the attempt, here too."""
    async with YunpianStandin() as sms:
        made = sms.table(signature="叮咚", rate_per_s=0.01)
        async with living(tmp_path, store_url, sms, accounts={"yunpian": made}) as world:
            assert [await world.at_once(telling()) is None for _ in range(3)][::2] == [False, True]


async def test_an_attempt_that_fails_is_tried_again_from_the_outbox(tmp_path: Path, store_url: str) -> None:
    """As any attempt is."""
    async with YunpianStandin() as sms:
        sms.faults.append(Fault(200, body='{"code": 28, "msg": "again"}'))
        async with living(tmp_path, store_url, sms, sender={"backoff_ms": 1, "backoff_max_ms": 2}) as world:
            async with working(world):
                await world.said("谢谢", "in-1")
                await world.journal.of("status", status="sent")
            attempts = [entry["n"] for entry in await world.journal.now() if entry["t"] == "attempt"]
    assert attempts == [1, 2]


async def test_the_phone_sees_that_it_was_read(tmp_path: Path, store_url: str) -> None:
    """On an account that can be told; not while a colleague holds the conversation, for nobody has read it yet."""
    async with SandboxStandin() as phone, living(tmp_path, store_url, phone) as world, working(world):
        await world.said("谢谢", "in-1", account="sandbox")
        await world.journal.of("status", status="sent")
        contact, shard = world.rt.contact(ANNE)
        take = {"kind": "staffed", "id": "st-1", "by": "anna", "act": "take"}
        await world.inbox.put(contact, shard, take)
        await world.journal.of("turn", id="st-1")
        await world.said("在吗", "in-2", account="sandbox")
        await world.journal.of("turn", id="in-2")
    assert phone.events == [(ANNE, "READ", "in-1")]
