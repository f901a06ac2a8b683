"""Outcomes reach the platform signed, in order per person, at least once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import keys
from bot.deliver.outcomes import OutcomePoster, retry_after_s, signing_keys
from bot.errors import ConfigError
from bot.record.journal import decode
from bot.settings import RETRY_S, OutcomeSettings, StoreSettings
from bot.store import Store

SHARD = 3
LIN, WANG = "a" * 32, "b" * 32
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()
HANG_S = 30
"""Long enough for any machine: what takes longer hangs."""


@dataclass
class Platform:
    """A receiving platform. answers: what it says to each post of an outcome id, the last for ever (200)."""

    url: str = ""
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    busy: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    got: asyncio.Condition = field(default_factory=asyncio.Condition)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: posts are received, and answered when it is set."""

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.paths.add(request.path)
        contact = json.loads(body)["data"]["contact"]
        self.busy[contact] += 1
        self.most_at_once = max(self.most_at_once, self.busy[contact])
        async with self.got:
            self.posts.append(({k.lower(): v for k, v in request.headers.items()}, body))
            self.got.notify_all()
        try:
            await self.gate.wait()
        finally:
            self.busy[contact] -= 1
        said = self.answers.get(request.headers["webhook-id"], [])
        status, headers = said.pop(0) if said else (200, {})
        return web.Response(status=status, headers=headers)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.posts]

    async def received(self, count: int) -> None:
        async with asyncio.timeout(HANG_S), self.got:
            await self.got.wait_for(lambda: len(self.posts) >= count)


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    platform = Platform()
    platform.gate.set()
    app = web.Application()
    app.router.add_post("/outcomes", platform.receive)
    app.router.add_post("/elsewhere", platform.receive)
    async with TestServer(app, host="127.0.0.1") as server:
        platform.url = str(server.make_url("/outcomes"))
        yield platform


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, StoreSettings())
    yield store
    await store.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def settings(platform: Platform, **given: Any) -> OutcomeSettings:
    return OutcomeSettings.model_validate(
        {"url": platform.url, "secrets": [SECRET], "retry_s": [0.001, 0.001], "poll_ms": 20, **given}
    )


@asynccontextmanager
async def running(poster: OutcomePoster) -> AsyncIterator[asyncio.Task[None]]:
    stopping = asyncio.Event()
    task = asyncio.create_task(poster.run(stopping))
    try:
        yield task
    finally:
        stopping.set()
        await asyncio.wait_for(task, HANG_S)


async def emit(store: Store, contact: str, *outcomes: str) -> None:
    """What a commit does with a turn's outcomes."""
    for sequence, outcome in enumerate(outcomes, 1):
        stored = {"id": outcome, "type": "offer.accepted", "contact": contact, "thread": "t1", "sequence": sequence}
        stored |= {"data": {"price": "15200", "名": "腕表"}, "at": "2026-11-22T12:00:00+00:00"}
        await store.redis.rpush(keys.outcomes(SHARD, contact), json.dumps(stored))
        await store.redis.zadd(keys.outcomes_due(SHARD), {contact: int(time.time() * 1000)}, nx=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(HANG_S):
        while not await condition():  # noqa: ASYNC110 - the store tells nobody that it changed
            await asyncio.sleep(0.005)


async def nothing_left(store: Store) -> None:
    async def empty() -> bool:
        return not await store.redis.zcard(keys.outcomes_due(SHARD))

    await until(empty)


async def journaled(store: Store) -> list[Any]:
    stream: Any = await store.redis.xrange(keys.journal(SHARD))
    return [entry for _, fields in stream for entry in decode(fields[b"e"])]


def verify(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """The receiver's side as the specification tells it, written without our code."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(value.encode(), expected) for version, value in given)


async def test_an_outcome_is_posted_as_the_specification_says(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """Id, time and signature are in the headers; type, time and data, with contact and thread, in the body."""
    await emit(store, LIN, "o1")
    before = int(time.time())
    async with running(OutcomePoster(store, http, settings(platform))):
        await nothing_left(store)
    ((headers, body),) = platform.posts
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "o1"
    assert before <= int(headers["webhook-timestamp"]) <= time.time()
    assert verify(headers, body, SECRET)
    assert not verify(headers, body + b" ", SECRET)
    assert json.loads(body) == {
        "type": "offer.accepted",
        "timestamp": "2026-11-22T12:00:00+00:00",
        "data": {"price": "15200", "名": "腕表", "contact": LIN, "thread": "t1", "sequence": 1},
    }


async def test_both_secrets_sign_while_one_rotates_out(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """A platform that knows only the old, or only the new secret can verify, and a third cannot."""
    await emit(store, LIN, "o1")
    async with running(OutcomePoster(store, http, settings(platform, secrets=[SECRET, OLD_SECRET]))):
        await nothing_left(store)
    ((headers, body),) = platform.posts
    assert verify(headers, body, SECRET)
    assert verify(headers, body, OLD_SECRET)
    assert not verify(headers, body, "whsec_" + base64.b64encode(b"x" * 32).decode())


async def test_what_was_posted_is_journaled_and_gone(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """After a 2xx nothing of the outcome is left in the store but its journal entry."""
    platform.answers["o1"] = [(204, {})]
    await emit(store, LIN, "o1")
    async with running(OutcomePoster(store, http, settings(platform))):
        await nothing_left(store)
    assert await store.redis.exists(keys.outcomes(SHARD, LIN), keys.dead(SHARD)) == 0
    entry = {"t": "outcome", "contact": LIN, "id": "o1", "state": "posted"}
    assert await journaled(store) == [{**entry, "type": "offer.accepted", "thread": "t1", "sequence": 1}]


async def test_the_next_waits_for_one_that_is_not_taken(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """A refused outcome is repeated, same id, body and place, before the person's next one goes; others pass."""
    platform.answers["l1"] = [(503, {}), (307, {"Location": "/elsewhere"})]
    await emit(store, LIN, "l1", "l2", "l3")
    await emit(store, WANG, "w1", "w2")
    async with running(OutcomePoster(store, http, settings(platform))):
        await nothing_left(store)
    assert [post for post in platform.ids if post.startswith("l")] == ["l1", "l1", "l1", "l2", "l3"]
    assert [post for post in platform.ids if post.startswith("w")] == ["w1", "w2"]
    assert len({body for headers, body in platform.posts if headers["webhook-id"] == "l1"}) == 1
    assert platform.paths == {"/outcomes"}


async def test_what_is_never_taken_dies_and_the_next_goes_on(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """After the last pause the outcome is a dead letter with its reason, journaled, and out of the way."""
    platform.answers["o1"] = [(500, {})] * 3
    await emit(store, LIN, "o1", "o2")
    async with running(OutcomePoster(store, http, settings(platform))):
        await nothing_left(store)
    assert platform.ids == ["o1", "o1", "o1", "o2"]
    (dead,) = await store.redis.lrange(keys.dead(SHARD), 0, -1)
    assert {k: json.loads(dead)[k] for k in ("id", "attempts", "why")} == {"id": "o1", "attempts": 3, "why": "HTTP 500"}
    assert [(e["id"], e["state"], e.get("why")) for e in await journaled(store)] == [
        ("o1", "dead", "HTTP 500"),
        ("o2", "posted", None),
    ]


async def test_gone_is_not_asked_again(store: Store, http: aiohttp.ClientSession, platform: Platform) -> None:
    """410 makes a dead letter at once."""
    platform.answers["o1"] = [(410, {})]
    await emit(store, LIN, "o1", "o2")
    async with running(OutcomePoster(store, http, settings(platform))):
        await nothing_left(store)
    assert platform.ids == ["o1", "o2"]
    assert await store.redis.llen(keys.dead(SHARD)) == 1


async def test_only_so_many_dead_letters_are_kept(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """The newest stay."""
    outcomes = [f"o{n}" for n in range(5)]
    platform.answers = {outcome: [(410, {})] for outcome in outcomes}
    await emit(store, LIN, *outcomes)
    async with running(OutcomePoster(store, http, settings(platform, dead_kept=2))):
        await nothing_left(store)
    kept = await store.redis.lrange(keys.dead(SHARD), 0, -1)
    assert [json.loads(dead)["id"] for dead in kept] == ["o3", "o4"]


async def test_retry_after_outlasts_a_shorter_pause(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """The platform's own wish is kept in the store as the time the outcome is due, up to the longest pause."""
    platform.answers = {"l1": [(429, {"Retry-After": "3600"})], "w1": [(429, {"Retry-After": "99999999"})]}
    await emit(store, LIN, "l1")
    await emit(store, WANG, "w1")
    before = time.time()
    async with running(OutcomePoster(store, http, settings(platform, retry_s=[0.001, 86_400]))):
        await platform.received(2)
    due: Any = await store.redis.zmscore(keys.outcomes_due(SHARD), [LIN, WANG])
    assert [ms / 1000 - before for ms in due] == pytest.approx([3_600, 86_400], abs=HANG_S)


async def test_a_platform_that_is_away_or_silent_is_tried_again(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """A refused connection and a time-out count as attempts; the attempts live in the store, not in the process."""
    await emit(store, LIN, "o1")
    away = OutcomePoster(store, http, settings(platform, url="http://127.0.0.1:1/", retry_s=[0.0, 0.0, 3_600]))

    async def tried(times: int) -> bool:
        stored: Any = await store.redis.lindex(keys.outcomes(SHARD, LIN), 0)
        return bool(json.loads(stored).get("attempts", 0) == times)

    async with running(away):
        await until(lambda: tried(3))
    await store.redis.zadd(keys.outcomes_due(SHARD), {LIN: 0})
    platform.gate.clear()
    async with running(OutcomePoster(store, http, settings(platform, timeout_s=0.05, retry_s=[0.0] * 3 + [3_600.0]))):
        await until(lambda: tried(4))
    await store.redis.zadd(keys.outcomes_due(SHARD), {LIN: 0})
    platform.gate.set()
    async with running(OutcomePoster(store, http, settings(platform))):
        await nothing_left(store)
    assert [entry["state"] for entry in await journaled(store)] == ["posted"]


async def test_a_poster_that_dies_after_the_post_repeats_it_with_the_same_id(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """The outcome stays until it was dropped; after the lease another poster posts it again, then the next."""
    platform.gate.clear()
    await emit(store, LIN, "o1", "o2")
    poster = OutcomePoster(store, http, settings(platform))
    task = asyncio.create_task(poster.run(asyncio.Event()))
    await platform.received(1)
    dying = [task, *(post for posts in poster._posts.values() for post in posts)]
    for each in dying:
        each.cancel()
    await asyncio.gather(*dying, return_exceptions=True)
    platform.gate.set()
    assert await store.redis.llen(keys.outcomes(SHARD, LIN)) == 2
    await store.redis.zadd(keys.outcomes_due(SHARD), {LIN: 0})  # the lease ends
    async with running(OutcomePoster(store, http, settings(platform))):
        await nothing_left(store)
    assert platform.ids == ["o1", "o1", "o2"]
    assert [entry["id"] for entry in await journaled(store)] == ["o1", "o2"]


async def test_a_poster_that_lost_its_lease_changes_nothing(store: Store) -> None:
    """Only the holder of the newest lease drops or puts off an outcome, and only once."""
    await emit(store, LIN, "o1", "o2")
    due, queue = keys.outcomes_due(SHARD), keys.outcomes(SHARD, LIN)

    async def take(lease_ms: int) -> tuple[bytes, bytes]:
        await store.redis.zadd(due, {LIN: 0})
        _, lease, stored = await store.run("outcomes_take", [due], [keys.tag(SHARD), lease_ms, 9])
        return lease, stored

    async def done(lease: bytes, stored: bytes) -> int:
        args: list[str | bytes | int] = [keys.tag(SHARD), LIN, lease, stored, "[]", "", 9]
        return int(await store.run("outcomes_done", [due, queue, keys.dead(SHARD)], args))

    async def again(lease: bytes, stored: bytes) -> int:
        return int(await store.run("outcomes_again", [due, queue], [LIN, lease, stored, stored, 60_000]))

    old, new = await take(60_000), await take(60_001)
    assert await done(*old) == 0
    assert await again(*old) == 0
    assert await store.redis.llen(queue) == 2
    assert await done(*new) == 1
    assert await done(*new) == 0
    await store.redis.zadd(due, {LIN: float(new[0])})  # even were the next lease the same millisecond
    assert await done(*new) == 0
    assert await again(*new) == 0
    assert await store.redis.llen(queue) == 1


async def test_two_posters_never_post_for_one_person_at_once(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """However many processes post, one person's outcomes arrive one at a time, in order, once."""
    people = [f"{n:032x}" for n in range(10)]
    for person in people:
        await emit(store, person, *(f"{person}-{n}" for n in range(6)))
        platform.answers[f"{person}-2"] = [(503, {})]
    one, two = (OutcomePoster(store, http, settings(platform, parallel=4)) for _ in range(2))
    async with running(one), running(two):
        await nothing_left(store)
    assert platform.most_at_once == 1
    for person in people:
        mine = [post for post in platform.ids if post.startswith(person)]
        assert mine == [f"{person}-{n}" for n in (0, 1, 2, 2, 3, 4, 5)]


async def test_stopping_finishes_the_post_in_hand(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """A post under way is answered and dropped before the role ends; the next one is left for another."""
    platform.gate.clear()
    await emit(store, LIN, "o1", "o2")
    stopping = asyncio.Event()
    task = asyncio.create_task(OutcomePoster(store, http, settings(platform)).run(stopping))
    await platform.received(1)
    stopping.set()
    platform.gate.set()
    await asyncio.wait_for(task, HANG_S)
    assert platform.ids == ["o1"]
    assert await store.redis.llen(keys.outcomes(SHARD, LIN)) == 1


async def test_a_wake_posts_without_waiting_for_the_poll(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """An outcome emitted in this process goes out as soon as its shard is woken, all of a person's in a row."""
    poster = OutcomePoster(store, http, settings(platform, poll_ms=HANG_S * 10_000))
    async with running(poster):
        await until(lambda: _idle(poster))
        await emit(store, LIN, "o1", "o2")
        poster.wake(SHARD)
        await nothing_left(store)
    assert platform.ids == ["o1", "o2"]


async def _idle(poster: OutcomePoster) -> bool:
    return not poster._rounds._busy


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_short",
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        SECRET.removeprefix("whsec_"),
        "whsec_é",
    ],
)
def test_a_secret_that_is_none_stops_the_start(secret: str) -> None:
    """A malformed signing secret is a configuration error that does not show it."""
    with pytest.raises(ConfigError, match="whsec_ and base64 of 24 to 64 bytes") as error:
        signing_keys([secret])
    assert not secret.removeprefix("whsec_") or secret not in str(error.value)


async def test_no_secret_or_a_lease_too_short_stops_the_start(
    store: Store, http: aiohttp.ClientSession, platform: Platform
) -> None:
    """Posting unsigned, or with a lease that ends before the post does, is not possible."""
    with pytest.raises(ConfigError, match="no signing secret"):
        OutcomePoster(store, http, settings(platform, secrets=[]))
    with pytest.raises(ConfigError, match="lease_ms must exceed timeout_s"):
        OutcomePoster(store, http, settings(platform, timeout_s=2, lease_ms=2_000))


def test_the_schedule_is_the_specifications() -> None:
    """Ten attempts over three days, as the specification's example has it."""
    assert len(RETRY_S) == 9
    assert sum(RETRY_S) == 75 * 3600 + 35 * 60 + 5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("120", 120),
        ("soon", 0),
        ("-5", 0),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 60),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float) -> None:
    """Both forms of RFC 9110 are read; anything else is ignored."""
    assert retry_after_s(header, now=60.0) == seconds
