"""The recorder against a real store and a real database: nothing lost, nothing twice, whatever dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from sqlalchemy import select
from support.entries import ANNE, attempt, out, status, turn

from bot import keys
from bot.record import recorder as module
from bot.record import tables
from bot.record.journal import Entry, encode
from bot.record.ledger import Ledger
from bot.record.projection import Progress, StreamEntry
from bot.record.recorder import Recorder
from bot.settings import RecorderSettings, StoreSettings
from bot.store import Store

HANG_S = 60
"""Long enough for any machine: what takes longer hangs."""
SETTINGS = RecorderSettings(poll_ms=10, batch=64)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, StoreSettings(shards=4))
    yield store
    await store.close()


async def journal(store: Store, entries: Sequence[Entry], shard: int = 0) -> None:
    for entry in entries:
        await store.redis.xadd(keys.journal(shard), {"e": encode([entry])})


async def waiting(store: Store) -> int:
    """How many entries the streams still hold."""
    return sum([await store.redis.xlen(keys.journal(shard)) for shard in range(store.shards)])


async def stimuli(ledger: Ledger) -> Counter[str]:
    """How often each stimulus is in the ledger."""
    async with ledger._engine.connect() as connection:
        return Counter((await connection.execute(select(tables.turns.c.stimulus))).scalars())


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[asyncio.Task[None]]:
    stopping = asyncio.Event()
    task = asyncio.create_task(recorder.run(stopping))
    try:
        yield task
    finally:
        stopping.set()
        async with asyncio.timeout(HANG_S):
            await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        while not true():  # noqa: ASYNC110 - a health flag is looked at, as /readyz does
            await asyncio.sleep(0.005)


async def recorded(ledger: Ledger, position: int) -> None:
    """Until the ledger is at `position`."""
    async with asyncio.timeout(HANG_S):
        while await ledger.changed(position - 1) < position:
            pass


async def test_all_shards_are_recorded_and_trimmed(store: Store, ledger: Ledger) -> None:
    """What every shard's stream holds is in the ledger, and the streams are empty behind it."""
    for shard in range(4):
        await journal(store, [turn(name=f"in-{shard}-{n}") for n in range(50)], shard)
    recorder = Recorder(store, ledger, SETTINGS)
    async with running(recorder):
        await recorded(ledger, 200)
        await journal(store, [turn(name="later")], shard=2)
        await recorded(ledger, 201)
    assert await waiting(store) == 0
    assert await stimuli(ledger) == Counter([f"in-{s}-{n}" for s in range(4) for n in range(50)] + ["later"])
    assert recorder.healthy


async def test_what_is_not_recorded_is_not_trimmed(store: Store, ledger: Ledger) -> None:
    """An entry that comes between reading and trimming stays for the next round, exactly."""

    class Interrupted(Ledger):
        async def record(self, entries: Sequence[StreamEntry], since: Progress) -> Progress:
            await journal(store, [turn(name=f"between-{since.position}")])
            return await super().record(entries, since)

    busy = Interrupted(ledger._engine.url.render_as_string(hide_password=False))
    await journal(store, [turn(name="first")])
    recorder = Recorder(store, busy, SETTINGS)
    await recorder._round()
    await busy.close()
    assert await waiting(store) == 1
    assert await stimuli(ledger) == Counter(["first"])


class Dies(Exception):
    """Stands for kill -9 at one point."""


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
async def test_killed_around_the_commit(store: Store, ledger: Ledger, database_url: str, committed: bool) -> None:
    """A recorder that dies with a batch in hand, written or not, loses nothing and doubles nothing."""

    class Mortal(Ledger):
        async def record(self, entries: Sequence[StreamEntry], since: Progress) -> Progress:
            if committed:
                await super().record(entries, since)
            raise Dies

    await journal(store, [turn(), out(), attempt(), status("sent")])
    mortal = Mortal(database_url)
    with pytest.raises(Dies):
        await Recorder(store, mortal, SETTINGS)._round()
    await mortal.close()
    assert await waiting(store) == 4
    async with running(Recorder(store, ledger, SETTINGS)):
        await journal(store, [turn(name="in-2")])
        await recorded(ledger, 5)
    assert await stimuli(ledger) == Counter(["in-1", "in-2"])
    assert await waiting(store) == 0


async def test_a_commit_whose_answer_was_lost(store: Store, ledger: Ledger, database_url: str) -> None:
    """What the database wrote although it seemed to fail is neither written again nor waited for."""

    class Unheard(Ledger):
        async def record(self, entries: Sequence[StreamEntry], since: Progress) -> Progress:
            now = await super().record(entries, since)
            if since.position == 0:
                raise ConnectionResetError
            return now

    unheard = Unheard(database_url)
    recorder = Recorder(store, unheard, SETTINGS)
    await journal(store, [turn()])
    await recorder._attempt()
    await journal(store, [turn(name="in-2")])
    await recorder._attempt()
    assert await stimuli(ledger) == Counter(["in-1", "in-2"])
    await unheard.close()


async def test_cancelled_anywhere(store: Store, ledger: Ledger) -> None:
    """Cancelled at every step it can be cancelled at, and started again, each entry is recorded once."""
    names = [f"in-{n}" for n in range(40)]
    await journal(store, [turn(name=name) for name in names])
    for steps in range(60):
        task = asyncio.create_task(Recorder(store, ledger, RecorderSettings(poll_ms=10, batch=4))._round())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with running(Recorder(store, ledger, SETTINGS)):
        await recorded(ledger, len(names))
    assert await stimuli(ledger) == Counter(names)


async def test_two_recorders_at_once(
    store: Store, ledger: Ledger, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together they record everything once; when the one that records is gone the other takes over."""
    monkeypatch.setattr(module, "STANDBY_S", 0.02)
    other = Ledger(database_url)
    first, second = Recorder(store, ledger, SETTINGS), Recorder(store, other, SETTINGS)
    names = [f"in-{n}" for n in range(300)]
    async with running(first), running(second):
        for n, name in enumerate(names[:200]):
            await journal(store, [turn(name=name)], shard=n % 4)
        await recorded(ledger, 200)
        await until(lambda: first._standing_by != second._standing_by)
    survivor, its_ledger = (first, ledger) if first._standing_by else (second, other)
    async with running(survivor):
        for n, name in enumerate(names[200:]):
            await journal(store, [turn(name=name)], shard=n % 4)
        await recorded(its_ledger, 300)
    assert not survivor._standing_by
    assert await stimuli(ledger) == Counter(names)
    assert await waiting(store) == 0
    await other.close()


async def test_a_bad_entry_holds_nobody_up(store: Store, ledger: Ledger) -> None:
    """What is not JSON, or has no field `e`, is dead and counted; what follows is recorded."""
    before = REGISTRY.get_sample_value("dingdong_recorder_dead_total") or 0
    await store.redis.xadd(keys.journal(0), {"e": b"\xff"})
    await store.redis.xadd(keys.journal(0), {"other": "field"})
    await journal(store, [turn()])
    async with running(Recorder(store, ledger, SETTINGS)):
        await recorded(ledger, 3)
    assert (await ledger.counts()).dead == 2
    assert await stimuli(ledger) == Counter(["in-1"])
    assert REGISTRY.get_sample_value("dingdong_recorder_dead_total") == before + 2


@pytest.mark.postgres
async def test_the_database_goes_and_comes_back(
    store: Store, postgres_url: str, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While SQL is down the recorder says so and keeps everything; once it is back nothing is missing."""
    monkeypatch.setattr(module, "BACKOFF_S", (0.02,))
    ledger = Ledger(postgres_url)
    await ledger.open()
    name = postgres_url.partition("@/")[2].partition("?")[0]
    admin = await asyncpg.connect(host=postgres_server, user="dingdong", database="postgres")
    recorder = Recorder(store, ledger, SETTINGS)
    async with running(recorder):
        await journal(store, [turn(name="before")])
        await recorded(ledger, 1)
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await journal(store, [turn(name="meanwhile")])
        await until(lambda: not recorder.healthy)
        assert await waiting(store) == 1
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await until(lambda: recorder.healthy)
        await recorded(ledger, 2)
    assert await stimuli(ledger) == Counter(["before", "meanwhile"])
    await admin.close()
    await ledger.close()


async def test_the_store_goes_and_comes_back(
    store: Store, store_url: str, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections are cut in the middle of everything: the recorder goes on by itself."""
    monkeypatch.setattr(module, "BACKOFF_S", (0.02,))
    names = [f"in-{n}" for n in range(50)]
    recorder = Recorder(store, ledger, SETTINGS)
    async with running(recorder), Redis.from_url(store_url) as elsewhere:
        for name in names:
            await elsewhere.xadd(keys.journal(0), {"e": encode([turn(name=name)])})
            await elsewhere.client_kill_filter(_type="normal", skipme=True)
        await recorded(ledger, len(names))
    assert await stimuli(ledger) == Counter(names)


async def test_an_error_is_logged_without_what_it_was_about(
    store: Store, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A statement that fails quotes nobody's words: neither in the log nor in the error's text."""
    ledger = Ledger(postgres_url)
    await ledger.open()
    async with ledger._engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE turns")
    await journal(store, [turn(text="13912345678 的验证码")])
    recorder = Recorder(store, ledger, SETTINGS)
    async with running(recorder):
        await until(lambda: not recorder.healthy)
    with pytest.raises(Exception, match="turns") as failure:
        await ledger.record((await recorder._read(await ledger.progress()))[0], await ledger.progress())
    said = str(failure.value) + "".join(capsys.readouterr())
    assert "recording_failed" in said
    assert "验证码" not in said
    assert ANNE not in said
    await ledger.close()
