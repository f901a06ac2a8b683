"""A second opinion: asked for unclear words only, and nothing it does or fails to do costs anybody a turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from standins.rasa import Rasa, parsed, rasa
from support.bot import ANNE, BO, HANG_S, OFFER, Journal, matching, settings

from bot import keys
from bot.compose import runtime
from bot.converse.actions import Actions
from bot.converse.conversations import Mail
from bot.converse.second_opinion import (
    ANSWER_LIMIT_BYTES,
    CONFIDENCE,
    FAILURES,
    LONGEST_CHARS,
    PARALLEL,
    REST_S,
    SecondOpinion,
)
from bot.converse.worker import Worker
from bot.messages import PhoneNumber
from bot.receive.inbox import Inbox
from bot.runtime import Runtime
from bot.settings import UnderstandingSettings
from flows.engine.commands import ASKABLE, HINTS
from flows.state import Conversation, Reading, Said, Turn

PATIENT_MS = 5_000
"""Longer than a stand-in that is let go at once takes."""


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def said(text: str = "那个", name: str = "m") -> Said:
    return Said(name, datetime.now(UTC), text)


def unclear(words: Said, intent: str = "unclear", held_by: str = "") -> list[tuple[Mail, Turn]]:
    """The turn these words caused."""
    readings = (Reading(intent, "test.rule", "as the test says"),)
    return [(Mail(words, "", ""), Turn(Conversation("c", held_by=held_by), readings=readings, context="offer"))]


@asynccontextmanager
async def opinion(
    server: Rasa, timeout_ms: int = PATIENT_MS, clock: Callable[[], float] | None = None
) -> AsyncIterator[SecondOpinion]:
    given = UnderstandingSettings(nlu_url=server.url, nlu_timeout_ms=timeout_ms)
    async with aiohttp.ClientSession() as http:
        yield SecondOpinion(given, http, clock or Clock())


# ---------------------------------------------------------------- what is made of an answer


@pytest.mark.parametrize("intent", sorted(HINTS | ASKABLE))
async def test_a_sure_answer_is_a_hint(intent: str) -> None:
    """Asked as Rasa's HTTP API wants it: POST {"text"}."""
    async with rasa(parsed(intent)) as server, opinion(server) as asked:
        assert await asked.ask([said("我的表卖得咋样", "m")]) == {"m": intent}
    assert server.asked == [{"text": "我的表卖得咋样"}]


NEITHER = ["counter_offer", "extend_until", "unsubscribe", "resubscribe", "nlu_fallback", "faq/ask", None]


@pytest.mark.parametrize("intent", NEITHER)
async def test_nothing_else_is_a_hint(intent: str | None) -> None:
    """However sure it is of a price, a day, or an opt-out. It is no failure either."""
    async with rasa(parsed(intent)) as server, opinion(server) as asked:
        for _ in range(FAILURES + 1):
            assert await asked.ask([said()]) == {}
        assert len(server.asked) == FAILURES + 1


async def test_an_unsure_answer_is_no_hint() -> None:
    """Below the confidence, whatever the name."""
    async with rasa(parsed("help", CONFIDENCE - 0.01)) as server, opinion(server) as asked:
        assert await asked.ask([said()]) == {}


NONSENSE: list[tuple[int, bytes]] = [
    (500, json.dumps(parsed("help")).encode()),
    (409, b'{"version":"3.6.20","status":"failure","message":"No agent loaded.","reason":"Conflict","code":409}'),
    (302, b""),
    (200, b""),
    (200, b"<html>help</html>"),
    (200, b"\xff\xfe"),
    (200, b"[]"),
    (200, b"{}"),
    (200, b'{"intent":"help"}'),
    (200, b'{"intent":{"name":"help"}}'),
    (200, b'{"intent":{"name":["help"],"confidence":0.9}}'),
    (200, b'{"intent":{"name":"help","confidence":"0.9"}}'),
    (200, b'{"intent":{"name":"help","confidence":NaN}}'),
    (200, b'{"intent":{"name":"help","confidence":97}}'),
    (200, b"[" * 100_000),
    (200, b'{"text":"' + b"x" * ANSWER_LIMIT_BYTES + b'","intent":{"name":"help","confidence":1.0}}'),
]


@pytest.mark.parametrize("answer", NONSENSE, ids=range(len(NONSENSE)))
async def test_a_failure_or_nonsense_is_no_hint(answer: tuple[int, bytes]) -> None:
    """Errors, redirects, half an answer, a huge one: it is as if nobody had been asked."""
    async with rasa(answer) as server, opinion(server) as asked:
        assert await asked.ask([said()]) == {}
    assert len(server.asked) == 1


async def test_nobody_there_is_no_hint(unused_tcp_port: int) -> None:
    """A server that is down costs a refused connection."""
    async with opinion(Rasa({}, f"http://127.0.0.1:{unused_tcp_port}/model/parse")) as asked:
        assert await asked.ask([said()]) == {}


# ---------------------------------------------------------------- what it costs


async def test_a_slow_server_is_not_waited_for() -> None:
    """Beyond the budget there is no hint; the budget is for all words of a person together."""
    async with rasa(parsed("help")) as server, opinion(server, timeout_ms=20) as asked:
        server.hold()
        assert await asked.ask([said(name=f"{n}") for n in range(8)]) == {}


async def test_a_server_that_keeps_failing_is_left_alone_for_a_while() -> None:
    """After some failures in a row it rests; then one more failure is enough, and one good answer forgives all."""
    clock = Clock()
    async with rasa((500, b"")) as server, opinion(server, clock=clock) as asked:
        for _ in range(FAILURES):
            assert asked.wanted(unclear(said()))
            await asked.ask([said()])
        assert not asked.wanted(unclear(said()))
        clock.now += REST_S
        assert asked.wanted(unclear(said()))
        await asked.ask([said()])
        assert not asked.wanted(unclear(said()))
        clock.now += REST_S
        server.answer = parsed("help")
        assert await asked.ask([said()]) == {"m": "help"}
        server.answer = (500, b"")
        await asked.ask([said()])
        assert asked.wanted(unclear(said()))


async def test_no_more_questions_at_once_than_bearable() -> None:
    """Beyond them nobody waits for a place: those words have no hint; a place that is free again is used."""
    async with rasa(parsed("help")) as server, opinion(server) as asked:
        server.hold()
        waiting = asyncio.create_task(asked.ask([said(name=f"{n}") for n in range(PARALLEL)]))
        await server.was_asked.wait()
        assert await asked.ask([said()]) == {}
        server.free.set()
        assert len(await waiting) == PARALLEL
        assert await asked.ask([said()]) == {"m": "help"}


async def test_only_what_it_could_help_with_is_wanted() -> None:
    """Unclear words that the bot is to answer, not too long, where a server is named."""
    async with rasa(parsed("help")) as server, opinion(server) as asked:
        words = said()
        assert asked.wanted(unclear(words)) == [words]
        assert not asked.wanted(unclear(said(), "affirm"))
        assert not asked.wanted(unclear(said(), held_by="*"))
        assert not asked.wanted(unclear(said("长" * (LONGEST_CHARS + 1))))
        assert not asked.wanted([(Mail(said(), "", ""), Turn(Conversation("c")))])
    async with opinion(Rasa({})) as nobody:
        assert not nobody.wanted(unclear(said()))


# ---------------------------------------------------------------- in a live turn


class Platform:
    """Where actions run: none is there."""

    async def call(self, request: bytes) -> Any:
        return {"events": [], "responses": []}

    async def names(self) -> frozenset[str]:
        return frozenset()

    async def aclose(self) -> None:
        """Nothing is open."""


Open = Callable[..., AbstractAsyncContextManager[Runtime]]
"""(server, its time budget in ms) -> a runtime."""


@pytest.fixture
def world(store_url: str, tmp_path: Path) -> Open:
    """A runtime, with all people in one shard, whose worker asks this server."""

    def opened(server: Rasa, timeout_ms: int = PATIENT_MS) -> AbstractAsyncContextManager[Runtime]:
        named = {"nlu_url": server.url, "nlu_timeout_ms": timeout_ms}
        return runtime(settings(tmp_path, understanding=named, store={"shards": 1}), store_url)

    return opened


@asynccontextmanager
async def working(rt: Runtime) -> AsyncIterator[asyncio.Event]:
    """A worker, until the event is set or the block ends."""
    worker, stopping = Worker(rt, Inbox(rt), Actions(Platform(), 5)), asyncio.Event()
    rt.wakes.work = worker.wake
    running = asyncio.create_task(worker.run(stopping))
    try:
        yield stopping
    finally:
        stopping.set()
        await running


async def write(rt: Runtime, number: PhoneNumber, words: str) -> None:
    """Words come in; they are their own id."""
    contact, shard = rt.contact(number)
    await Inbox(rt).put(contact, shard, {"kind": "said", "id": words, "text": words})


async def answered(rt: Runtime, number: PhoneNumber, words: str) -> Any:
    """The turn these words caused."""
    await write(rt, number, words)
    return await Journal(rt.store).of("turn", id=words)


async def offered(rt: Runtime, number: PhoneNumber) -> None:
    """An offer was made and shown to this person."""
    contact, shard = rt.contact(number)
    made = {"kind": "happened", "id": "e", "type": "offer.made", "data": OFFER, "revision": 1}
    await Inbox(rt).put(contact, shard, made)
    put = await Journal(rt.store).of("out", card="consignment/offer")
    await rt.store.redis.hset(keys.shown(shard, contact), put["ask"], "1000 2000")  # sent and delivered long ago


def intents(turn: Any) -> list[str]:
    return [reading["intent"] for reading in turn["readings"]]


async def test_unclear_words_get_help_by_a_second_opinion(world: Open) -> None:
    """The timeline has both readings and what the words were read against."""
    async with rasa(parsed("help")) as server, world(server) as rt, working(rt):
        turn = await answered(rt, ANNE, "天上的云")
    assert intents(turn) == ["unclear", "help"]
    assert ["say", "service/help"] in turn["effects"]
    assert turn["context"] == "none"
    assert server.asked == [{"text": "天上的云"}]


async def test_a_clear_answer_is_acted_on_and_nobody_is_asked(world: Open) -> None:
    """The grammar needs no opinion on a yes, nor on an opt-out."""
    async with rasa(parsed("human")) as server, world(server) as rt, working(rt):
        await offered(rt, ANNE)
        assert intents(await answered(rt, ANNE, "Y")) == ["affirm"]
        assert intents(await answered(rt, ANNE, "TD")) == ["unsubscribe"]
    assert server.asked == []


@pytest.mark.parametrize("answer", [parsed("affirm", 1.0), (500, b"affirm"), (200, b"{")])
async def test_an_opinion_never_sells_anything(world: Open, answer: Any) -> None:
    """Unclear words to an offer are asked back about, whatever the server says."""
    async with rasa(answer) as server, world(server) as rt, working(rt):
        await offered(rt, ANNE)
        turn = await answered(rt, ANNE, "天上的云")
    assert len(server.asked) == 1
    assert (intents(turn), turn["context"]) == (["unclear"], "offer")
    assert [effect for effect in turn["effects"] if effect[0] != "set_timer"] == [["say", "service/unclear"]]


async def test_one_person_thought_over_holds_up_nobody_else(world: Open) -> None:
    """While the server takes its time, others of the same shard are answered; then the unclear words are."""
    async with rasa(parsed("help")) as server, world(server) as rt, working(rt):
        server.hold()
        await write(rt, ANNE, "天上的云")
        await server.was_asked.wait()
        journal = Journal(rt.store)
        await write(rt, BO, "TD")
        await journal.of("turn", id="TD")
        assert not matching(journal.entries, "turn", id="天上的云")
        server.free.set()
        assert intents(await journal.of("turn", id="天上的云")) == ["unclear", "help"]


async def test_words_of_one_person_keep_their_order(world: Open) -> None:
    """What they write meanwhile is taken after what is being thought over, at once."""
    async with rasa(parsed("help")) as server, world(server) as rt, working(rt):
        server.hold()
        await write(rt, ANNE, "天上的云")
        await server.was_asked.wait()
        await write(rt, ANNE, "TD")
        server.free.set()
        journal = Journal(rt.store)
        await journal.of("turn", id="TD")
    assert [entry["id"] for entry in matching(journal.entries, "turn")] == ["天上的云", "TD"]


async def test_a_worker_that_stops_finishes_what_it_thinks_over(world: Open) -> None:
    """The turn is committed before the role ends."""
    async with rasa(parsed("help")) as server, world(server) as rt:
        async with working(rt) as stopping:
            server.hold()
            await write(rt, ANNE, "天上的云")
            await server.was_asked.wait()
            stopping.set()
            server.free.set()
        (turn,) = matching(await Journal(rt.store).now(), "turn", id="天上的云")
    assert intents(turn) == ["unclear", "help"]


async def test_too_slow_an_opinion_is_done_without(world: Open) -> None:
    """The turn is the one without a server, and the words wait for labels."""
    async with rasa(parsed("help")) as server, world(server, 20) as rt, working(rt):
        server.hold()
        async with asyncio.timeout(HANG_S):
            turn = await answered(rt, ANNE, "天上的云")
    assert intents(turn) == ["unclear"]
    assert ["say", "service/unclear_nothing"] in turn["effects"]
