"""The worker on a real store: mail becomes committed turns, in order and once; what was decided is then done."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.bot import ANNE, BO, OFFER, Journal, matching, settings, until

from bot import keys
from bot.compose import runtime
from bot.converse.actions import ActionFailed, Actions
from bot.converse.worker import Worker
from bot.messages import PhoneNumber
from bot.receive.inbox import Inbox
from bot.runtime import Runtime
from flows import engine
from flows.state import Conversation, load

LEASE_MS = 60


@dataclass
class Platform:
    """In the actions' place: answers a call when `gate` is open; `calls` is what came, with what was then pending."""

    runtime: Runtime | None = None
    deal: str = "made"
    failures: list[ActionFailed] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def call(self, request: bytes) -> Any:
        call = json.loads(request)
        self.calls.append(call)
        assert self.runtime is not None
        conversation = await conversation_of(self.runtime, ANNE)
        self.pending += [thread.pending.call_id for thread in conversation.threads if thread.pending]
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        slot = {"event": "slot", "name": "deal", "value": self.deal, "timestamp": None}
        return {"events": [slot], "responses": []}

    async def names(self) -> frozenset[str]:
        return frozenset()

    async def aclose(self) -> None:
        pass


async def conversation_of(rt: Runtime, number: PhoneNumber) -> Conversation:
    contact, shard = rt.contact(number)
    document = await rt.store.command("HGET", keys.talk(shard, contact), "doc")
    return load(document) if document else Conversation(contact)


@dataclass
class World:
    rt: Runtime
    inbox: Inbox
    platform: Platform
    journal: Journal

    def worker(self) -> Worker:
        return Worker(self.rt, self.inbox, Actions(self.platform, 60))

    async def offered(self, number: PhoneNumber = ANNE, name: str = "O-17") -> None:
        happened = {"kind": "happened", "id": f"ev-{name}", "type": "offer.made", "data": OFFER, "revision": 1}
        await self.put(number, happened)

    async def said(self, text: str, number: PhoneNumber = ANNE, name: str = "") -> None:
        await self.put(
            number, {"kind": "said", "id": name or f"in-{text}", "text": text, "account": "sandbox", "pid": "p"}
        )

    async def put(self, number: PhoneNumber, stimulus: dict[str, Any]) -> None:
        contact, shard = self.rt.contact(number)
        await self.inbox.put(contact, shard, stimulus, number=number)

    async def shown(self, number: PhoneNumber = ANNE) -> None:
        """Every question was sent and delivered long ago."""
        contact, shard = self.rt.contact(number)
        for ask in (await conversation_of(self.rt, number)).asks:
            await self.rt.store.command("HSET", keys.shown(shard, contact), ask.id, "1000 2000")

    async def turn(self, name: str) -> Any:
        return await self.journal.of("turn", id=name)


@pytest.fixture
async def world(tmp_path: Path, store_url: str) -> AsyncIterator[World]:
    given = settings(
        tmp_path,
        store={"shards": 2},
        worker={"poll_ms": 10, "lease_ms": LEASE_MS},
        outcomes={"url": "http://127.0.0.1:9/outcomes"},
    )
    async with runtime(given, store_url) as rt:
        yield World(rt, Inbox(rt), Platform(rt), Journal(rt.store))


@asynccontextmanager
async def working(world: World, workers: int = 1) -> AsyncIterator[list[Worker]]:
    made, stopping = [world.worker() for _ in range(workers)], asyncio.Event()
    running = [asyncio.create_task(worker.run(stopping)) for worker in made]
    try:
        yield made
    finally:
        stopping.set()
        await asyncio.gather(*running)


async def test_a_turn_is_committed_with_all_it_caused(world: World) -> None:
    """Conversation, timers, outbound and journal, in one step; the mailbox is empty, the sender woken."""
    contact, shard = world.rt.contact(ANNE)
    woken: list[int] = []
    world.rt.wakes.send = woken.append
    async with working(world):
        await world.offered()
        turn = await world.turn("ev-O-17")
    assert (turn["event"], turn["before"], turn["after"]) == ("offer.made", "", "consignment/offer/asked")
    assert [effect[0] for effect in turn["effects"]].count("say") == 1
    assert await world.rt.store.command("HGET", keys.talk(shard, contact), "ver") == b"1"
    conversation = await conversation_of(world.rt, ANNE)
    (thread,) = conversation.threads
    assert await world.rt.store.command("ZCARD", keys.timers(shard)) == len(thread.timers)
    assert await world.rt.store.command("LLEN", keys.queue(shard, contact)) == 1
    assert await world.rt.store.command("EXISTS", keys.mail(shard, contact)) == 0
    assert await world.rt.store.command("ZCARD", keys.ready(shard)) == 0
    assert woken == [shard]
    out = await world.journal.of("out")
    assert (out["card"], out["kind"], out["thread"]) == ("consignment/offer", "transactional", thread.id)


async def test_an_opt_out_the_carrier_reports_is_a_consent_like_any_other(world: World) -> None:
    """Stop and epoch are set with the turn, so no attempt decided before goes out; journaled with its evidence."""
    contact, shard = world.rt.contact(ANNE)
    async with working(world):
        await world.put(
            ANNE, {"kind": "reported", "id": "rp-1", "by": "sms", "what": "unsubscribed", "topic": "*", "code": "10"}
        )
        await world.turn("rp-1")
    consent = await world.journal.of("consent")
    assert [consent[name] for name in ("topic", "granted", "evidence")] == ["*", False, "reported by sms: 10"]
    who = keys.who(shard, contact)
    assert await world.rt.store.command("HGET", who, "epoch") == b"1"
    assert await world.rt.store.command("HEXISTS", who, "stop:*") == 1
    assert matching(await world.journal.now(), "out") == []


async def test_a_decision_is_durable_before_it_acts_and_its_answer_moves_on(world: World) -> None:
    """The call is pending in the store when the platform hears of it; what it returned is the next turn."""
    contact, shard = world.rt.contact(ANNE)
    async with working(world):
        await world.offered()
        await world.turn("ev-O-17")
        await world.shown()
        await world.said("Y")
        decided = await world.turn("in-Y")
        returned = await world.journal.of("turn", kind="returned")
    assert ["do", "accept_offer #1"] in decided["effects"]
    (call,) = world.platform.calls
    metadata = call["tracker"]["latest_message"]["metadata"]
    assert world.platform.pending == [metadata["idempotency_key"]]
    assert returned["id"] == f"{metadata['idempotency_key']}.1"
    assert returned["after"] == "consignment/offer/accepted"
    (posted,) = await world.rt.store.command("LRANGE", keys.outcomes(shard, contact), 0, -1)
    outcome = json.loads(posted)
    assert (outcome["type"], outcome["sequence"], outcome["contact"]) == ("offer.accepted", 1, contact)
    assert outcome["at"] == returned["at"]
    assert (await world.journal.of("outcome"))["id"] == outcome["id"]


async def test_a_call_under_way_is_finished_before_the_role_ends(world: World) -> None:
    """SIGTERM loses no answer of the platform."""
    world.platform.gate.clear()
    stopping = asyncio.Event()
    running = asyncio.create_task(world.worker().run(stopping))
    await world.offered()
    await world.turn("ev-O-17")
    await world.shown()
    await world.said("Y")

    async def called() -> bool:
        return bool(world.platform.pending)

    await until(called)
    stopping.set()
    await asyncio.sleep(0)
    assert not running.done()
    world.platform.gate.set()
    await running
    contact, shard = world.rt.contact(ANNE)
    (mail,) = await world.rt.store.command("LRANGE", keys.mail(shard, contact), 0, -1)
    assert b'"kind":"returned"' in mail


async def test_a_call_that_failed_is_told_and_tried_again_with_the_same_key(world: World) -> None:
    """Its timer, come due, repeats it; the deal is made once."""
    contact, shard = world.rt.contact(ANNE)
    world.platform.failures.append(ActionFailed("503", retry=True))
    async with working(world):
        await world.offered()
        await world.turn("ev-O-17")
        await world.shown()
        await world.said("Y")
        failed = await world.journal.of("turn", kind="returned")
        timers = await world.rt.store.command("ZRANGE", keys.timers(shard), 0, -1)
        (retry,) = [timer for timer in timers if timer.endswith(b"/retry")]
        await world.rt.store.command("ZADD", keys.timers(shard), 1, retry)
        await world.journal.until(lambda entries: matching(entries, "turn", after="consignment/offer/accepted"))
    tried = [call["tracker"]["latest_message"]["metadata"] for call in world.platform.calls]
    assert [one["attempt"] for one in tried] == [1, 2]
    assert len({one["idempotency_key"] for one in tried}) == 1
    assert failed["before"] == failed["after"]
    assert await world.rt.store.command("LLEN", keys.outcomes(shard, contact)) == 1


async def test_a_timer_that_is_due_is_mail(world: World) -> None:
    """Found without a wake, handled like any other stimulus."""
    contact, shard = world.rt.contact(ANNE)
    async with working(world):
        await world.offered()
        await world.turn("ev-O-17")
        timers = await world.rt.store.command("ZRANGE", keys.timers(shard), 0, -1)
        await world.rt.store.command("ZADD", keys.timers(shard), 1, timers[0])
        elapsed = await world.journal.of("turn", kind="elapsed")
    assert elapsed["id"].encode() == timers[0].removeprefix(contact.encode() + b" ") + b"@1"


# ---------------------------------------------------------------- order, once


async def test_mail_of_many_people_is_worked_in_order_and_once_by_two_workers(world: World) -> None:
    """Whoever claims; every stimulus has exactly one turn, and a person's are in the order they came."""
    people = [PhoneNumber(f"+861380013{n:04}") for n in range(12)]
    async with working(world, workers=2) as workers:
        for n in range(10):
            await asyncio.gather(*(world.said("谢谢", number, f"in-{n}-{number[-4:]}") for number in people))
            for worker in workers:
                worker.wake(n % 2)
        await world.journal.until(lambda entries: len(matching(entries, "turn")) >= 120)
    turns = matching(await world.journal.now(), "turn")
    order = defaultdict(list)
    for turn in turns:
        order[turn["contact"]].append(turn["id"])
    assert len(turns) == 120
    assert len(order) == 12
    for ids in order.values():
        assert [name.split("-")[1] for name in ids] == [str(n) for n in range(10)]


async def test_a_claim_that_passed_to_another_commits_nothing(world: World) -> None:
    """The late worker's turns are lost, its calls not made; the other's count."""
    contact, shard = world.rt.contact(ANNE)
    await world.offered()

    async def claim(token: str, lease_ms: int) -> list[Any]:
        args: list[str | bytes | int] = [keys.tag(shard), 1, lease_ms, token, 16, 5]
        rows: list[Any] = await world.rt.store.run("claim", [keys.ready(shard)], args)
        return rows

    (late,), (taken,) = await claim("late", 0), await claim("taken", 60_000)
    worker = world.worker()
    with capture_logs() as logs:
        assert await worker._serve(shard, "late", late) is False
    assert [log["event"] for log in logs] == ["commit_lost"]
    assert await world.rt.store.command("LLEN", keys.mail(shard, contact)) == 1
    assert await worker._serve(shard, "taken", taken) is False
    contact, shard = world.rt.contact(ANNE)
    assert await world.rt.store.command("HGET", keys.talk(shard, contact), "ver") == b"1"
    assert len(matching(await world.journal.now(), "turn")) == 1


# ---------------------------------------------------------------- poison


def failing_on(word: str) -> Callable[..., Any]:
    """The engine with a bug that shows at this word."""

    def step(library: Any, conversation: Any, stimulus: Any, now: Any) -> Any:
        if getattr(stimulus, "text", "") == word:
            raise ZeroDivisionError("她说: 13800138000")
        return engine.step(library, conversation, stimulus, now)

    return step


async def test_a_stimulus_that_always_fails_is_parked_and_its_neighbours_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before it are committed without it, those after it once it is set aside for staff; nobody else waits."""
    monkeypatch.setattr("bot.converse.worker.step", failing_on("poison"))
    contact, shard = world.rt.contact(ANNE)
    for text in ("before", "poison", "after"):
        await world.said(text)
    with capture_logs() as logs:
        async with working(world):
            await world.turn("in-before")
            await world.said("hello", BO)
            await world.turn("in-hello")
            await world.turn("in-after")
    turns = matching(await world.journal.now(), "turn", contact=contact)
    assert [turn["id"] for turn in turns] == ["in-before", "in-after"]
    (parked,) = matching(await world.journal.now(), "parked")
    assert '"text":"poison"' in parked["mail"]
    assert await world.rt.store.command("LLEN", keys.parked(shard, contact)) == 1
    failures = [log for log in logs if log["event"] == "turn_failed"]
    assert len(failures) >= world.rt.settings.worker.max_tries
    assert not any("138" in str(log["error"]) or "她" in str(log) for log in logs)


async def test_mail_that_cannot_be_read_is_parked_too(world: World) -> None:
    """A stimulus of a kind that this version does not know."""
    await world.said("before")
    await world.put(ANNE, {"kind": "telepathy", "id": "x"})
    await world.said("after")
    with capture_logs():
        async with working(world):
            await world.turn("in-after")
    assert [turn["id"] for turn in matching(await world.journal.now(), "turn")] == ["in-before", "in-after"]
    assert len(matching(await world.journal.now(), "parked")) == 1
