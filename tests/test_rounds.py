"""Rounds over the shards: woken at once, polled otherwise, one visit at a time, ended without loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from support.bot import HANG_S, until

from bot.errors import StoreDown
from bot.rounds import WAKES_KEPT, Elsewhere, Rounds
from bot.settings import StoreSettings
from bot.store import Store

NEVER_MS = 3_600_000
WAKE = "wake:test"


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, StoreSettings(shards=3))
    yield store
    await store.close()


class Visits:
    """Every visit, in order; what is in `more` is visited again."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.more: list[int] = []
        self.failures: list[Exception] = []
        self._news = asyncio.Event()

    async def __call__(self, shard: int) -> bool:
        self.made.append(shard)
        self._news.set()
        if self.failures:
            raise self.failures.pop()
        if shard in self.more:
            self.more.remove(shard)
            return True
        return False

    async def count(self, shard: int, times: int) -> None:
        """Wait until a shard was visited so often."""
        async with asyncio.timeout(HANG_S):
            while self.made.count(shard) < times:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def rounds(
    store: Store, visit: Callable[[int], Awaitable[bool]], poll_ms: int = NEVER_MS
) -> AsyncIterator[Rounds]:
    made, stopping = Rounds("test", store, poll_ms, WAKE, visit), asyncio.Event()
    task = asyncio.create_task(made.run(stopping))
    try:
        yield made
    finally:
        stopping.set()
        async with asyncio.timeout(HANG_S):
            await task


async def test_every_shard_is_visited_at_the_start_and_when_polled(store: Store) -> None:
    """What another process left behind is found without a wake."""
    visits = Visits()
    async with rounds(store, visits, poll_ms=1):
        await asyncio.gather(*(visits.count(shard, 3) for shard in range(3)))


async def test_a_shard_is_visited_again_while_it_has_more(store: Store) -> None:
    """Without waiting for the next poll."""
    visits = Visits()
    visits.more = [1, 1]
    async with rounds(store, visits):
        await visits.count(1, 3)
    assert sorted(visits.made) == [0, 1, 1, 1, 2]


async def test_a_wake_during_a_visit_is_not_lost_and_visits_do_not_overlap(store: Store) -> None:
    """What arrives after a visit has looked is seen by the next one, which follows at once."""
    inside, go, under_way = asyncio.Event(), asyncio.Event(), 0
    made = 0

    async def visit(shard: int) -> bool:
        nonlocal under_way, made
        if shard != 0:
            return False
        assert under_way == 0
        under_way, made = under_way + 1, made + 1
        inside.set()
        await go.wait()
        under_way -= 1
        return False

    async with rounds(store, visit) as role:
        await inside.wait()
        for _ in range(5):
            role.wake(0)
        inside.clear()
        go.set()
        await inside.wait()
    assert made == 2


async def length(store: Store, wanted: int) -> None:
    """Wait until so many wakes are kept."""

    async def look() -> bool:
        return bool(await store.command("LLEN", WAKE) == wanted)

    await until(look)


async def test_another_process_wakes_through_the_store(store: Store) -> None:
    """A wake names its shard, once a tick; more wakes than are of use are not kept."""
    visits, wake = Visits(), Elsewhere(store, WAKE)
    for _ in range(2):
        wake(1)
        await asyncio.sleep(0)
    await length(store, 2)  # they may go by two connections
    for _ in range(WAKES_KEPT + 10):
        wake(2)
        wake(2)
        await asyncio.sleep(0)
    await length(store, WAKES_KEPT)
    async with rounds(store, visits):
        await visits.count(2, 2)
        wake(1)
        await visits.count(1, 2)
    assert visits.made.count(0) == 1


@pytest.mark.parametrize("failure", [StoreDown("away"), KeyError("a bug")])
async def test_a_visit_that_fails_ends_nothing(store: Store, failure: Exception) -> None:
    """The shard is visited again at the next wake."""
    visits = Visits()
    visits.failures = [failure]
    async with rounds(store, visits) as role:
        await asyncio.gather(*(visits.count(shard, 1) for shard in range(3)))
        for shard in range(3):
            role.wake(shard)
        await asyncio.gather(*(visits.count(shard, 2) for shard in range(3)))


async def test_wakes_are_heard_again_after_the_store_was_away(store: Store) -> None:
    """A listener whose connection breaks listens again."""
    visits = Visits()
    async with rounds(store, visits):
        await visits.count(2, 1)
        await store.redis.client_kill_filter(_type="normal", skipme=True)
        await store.redis.ping()
        Elsewhere(store, WAKE)(2)
        await visits.count(2, 2)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 21, 34])
async def test_it_ends_at_whatever_moment_it_is_told(store: Store, steps: int) -> None:
    """Also while its first connection is being made; a visit under way is finished, none is begun."""
    finished: list[int] = []

    async def visit(shard: int) -> bool:
        await asyncio.sleep(0)
        finished.append(shard)
        return True

    role, stopping = Rounds("test", store, NEVER_MS, WAKE, visit), asyncio.Event()
    task = asyncio.create_task(role.run(stopping))
    for _ in range(steps):
        await asyncio.sleep(0)
    stopping.set()
    async with asyncio.timeout(HANG_S):
        await task
    ended = len(finished)
    role.wake(0)
    await asyncio.sleep(0)
    assert len(finished) == ended
