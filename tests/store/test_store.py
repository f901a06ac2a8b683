"""The store as we use it: pipelines shared, scripts reloaded, failures told apart, unsafe servers refused."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import ResponseError
from support.bot import HANG_S, until
from support.ports import free_port
from support.store import running

from bot import keys
from bot.errors import ConfigError, StoreDown
from bot.launcher import find_server
from bot.settings import StoreSettings
from bot.store import Store

TAG = keys.tag(0)


@pytest.fixture
def lone() -> Iterator[str]:
    """url of a server that this test may spoil."""
    with running(find_server()) as url:
        yield url


def accept(store: Store, name: str, contact: str = "c") -> asyncio.Future[Any]:
    return store.run("accept", [keys.seen(0, name)], [TAG, contact, f'{{"id":"{name}"}}', 60, 100, "", "", "", 0, ""])


async def tell(store: Store, *command: str) -> None:
    """A command on a connection of its own."""
    redis: Any = store.redis
    await redis.execute_command(*command)


async def reads(store: Store) -> int:
    """How many times the server has read something from a connection."""
    return int((await store.redis.info("stats"))["total_reads_processed"])


# ---------------------------------------------------------------- pipelines


async def test_calls_of_one_tick_share_one_pipeline(store: Store) -> None:
    """Fifty calls are one write to the server, and each gets its own answer in order."""
    await accept(store, "0")
    before = await reads(store)
    answers = await asyncio.gather(*(accept(store, str(n)) for n in range(50)))
    assert answers == [0] + [1] * 49
    assert await reads(store) - before == 2  # one pipeline, and the question itself


async def test_calls_made_while_pipelines_are_under_way_share_the_next_one(store_url: str) -> None:
    """A pipeline holds at most `batch` calls; what waits goes together when one returns."""
    store = Store(store_url, StoreSettings(batch=10, connections=1))
    await accept(store, "first")
    before = await reads(store)
    await asyncio.gather(*(accept(store, str(n)) for n in range(25)))
    assert await reads(store) - before == 4
    await store.close()


async def test_a_failing_call_leaves_its_neighbours_alone(store: Store) -> None:
    """An error is the answer of the call that made it, and no other's."""
    await store.redis.set(f"{TAG}mail:broken", "not a list")
    good, bad, last = (
        accept(store, "1"),
        accept(store, "2", contact="broken"),
        store.command("GET", f"{TAG}mail:broken"),
    )
    assert await good == 1
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await bad
    assert await last == b"not a list"


async def test_a_call_that_cannot_be_written_leaves_nobody_waiting(store: Store) -> None:
    """Half a surrogate has no bytes: those who share its pipeline are told to repeat, and the next one goes."""
    neighbour, broken = accept(store, "1"), store.command("GET", "\ud800")
    async with asyncio.timeout(HANG_S):
        for call in (neighbour, broken):
            with pytest.raises(StoreDown):
                await call
        assert await accept(store, "1") == 1


async def test_a_script_the_server_forgot_is_loaded_and_only_its_calls_repeated(store: Store) -> None:
    """After a restart the server knows no script; what else was in the pipeline is not done twice."""
    await accept(store, "0")
    await store.redis.script_flush()
    calls = [accept(store, "1"), store.command("INCR", "counter"), accept(store, "2")]
    permit = store.run("permit", [keys.rate("a")], [1, 1])
    assert await asyncio.gather(*calls, permit) == [1, 1, 1, 0]
    assert await store.redis.get("counter") == b"1"


async def test_a_caller_that_went_away_does_not_hurt_the_others(store: Store) -> None:
    """A cancelled call is dropped or its answer thrown away; its neighbours get theirs."""
    gone, stays = accept(store, "1"), accept(store, "2")
    gone.cancel()
    assert await stays == 1


async def test_closing_waits_for_what_is_under_way(store_url: str) -> None:
    """No call that was made before is lost by closing."""
    store = Store(store_url, StoreSettings(batch=2, connections=1))
    calls = [accept(store, str(n)) for n in range(9)]
    await asyncio.sleep(0)  # the first pipeline starts
    await store.close()
    assert [call.result() for call in calls] == [1] * 9


async def test_a_best_effort_command_may_fail_unheard(store: Store) -> None:
    """Nobody awaits a wake-up: its error is not reported as forgotten."""
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    store.command("NO-SUCH-COMMAND")
    await store.ping()
    await store.command("PING")
    gc.collect()
    assert complaints == []


# ---------------------------------------------------------------- a store that is down

SPOILT: dict[str, list[tuple[str, ...]]] = {
    "full": [("CONFIG", "SET", "maxmemory", "1")],
    "read-only": [("REPLICAOF", "127.0.0.1", "1")],
    "cut off": [("REPLICAOF", "127.0.0.1", "1"), ("CONFIG", "SET", "replica-serve-stale-data", "no")],
    "without its replicas": [("CONFIG", "SET", "min-replicas-to-write", "1")],
}


@pytest.mark.parametrize("how", SPOILT)
async def test_a_store_that_cannot_write_is_down_and_no_script_wrote_half(lone: str, how: str) -> None:
    """Full, read-only, cut off or without replicas: callers repeat, and nothing of the call was done."""
    store = Store(lone, StoreSettings())
    await accept(store, "poison")
    for command in SPOILT[how]:
        await tell(store, *command)
    with pytest.raises(StoreDown):
        await store.run("claim", [keys.ready(0)], [TAG, 10, 0, "tok", 16, 0])  # would park it: LPOP, then RPUSH
    with pytest.raises(StoreDown):
        await accept(store, "other")
    with pytest.raises(StoreDown):
        await store.command("SET", "x", "1")
    await tell(store, "REPLICAOF", "NO", "ONE")
    await tell(store, "CONFIG", "SET", "maxmemory", "0")
    assert await store.redis.llen(f"{TAG}mail:c") == 1
    await store.close()


async def test_a_server_that_dies_is_down_for_everyone_who_waits(lone: str) -> None:
    """Calls in flight and calls made later fail as StoreDown; so do the probes."""
    store = Store(lone, StoreSettings())
    await tell(store, "CLIENT", "PAUSE", "600000", "WRITE")
    waiting = [accept(store, str(n)) for n in range(3)]
    await store.redis.ping()
    assert not any(call.done() for call in waiting)
    await store.redis.shutdown(nosave=True, force=True, now=True)
    later = accept(store, "later")
    for call in (*waiting, later):
        with pytest.raises(StoreDown):
            await call
    with pytest.raises(StoreDown):
        await store.ping()
    with pytest.raises(StoreDown):
        await store.open("test")
    await store.close()


async def test_a_connection_lost_while_idle_is_replaced(store: Store) -> None:
    """A pipeline never leaves by a connection that was closed meanwhile: nobody waits for an answer in vain."""
    assert await accept(store, "1") == 1
    await tell(store, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    async def gone() -> bool:
        return store._pipes[0].gone

    await until(gone)
    async with asyncio.timeout(HANG_S):
        assert await accept(store, "2") == 1


async def test_until_done_repeats_while_the_store_is_away(lone: str) -> None:
    """A call that must be done is made again until the store takes it."""
    store = Store(lone, StoreSettings())
    await tell(store, "CONFIG", "SET", "maxmemory", "1")
    call = asyncio.create_task(
        store.until_done("accept", [keys.seen(0, "1")], [TAG, "c", '{"id":"1"}', 60, 100, "", "", "", 0, ""])
    )

    async def refused() -> Any:
        return (await store.redis.info("errorstats")).get("errorstat_OOM")

    await until(refused)
    await tell(store, "CONFIG", "SET", "maxmemory", "0")
    assert await call == 1
    await store.close()


async def test_until_done_gives_up_in_the_end(lone: str) -> None:
    """After its tries the caller is told, and its lease gives the work to somebody else."""
    store = Store(lone, StoreSettings())
    await tell(store, "CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StoreDown):
        await store.until_done("due", [keys.timers(0)], [TAG, 1], tries=2)
    await store.close()


# ---------------------------------------------------------------- replicas


async def test_an_answer_waits_for_the_replicas_it_needs(lone: str) -> None:
    """With ack_replicas a write that no replica has is not acknowledged; with the replica there it is."""
    port = free_port()
    store = Store(lone, StoreSettings(ack_replicas=1, ack_timeout_ms=50))
    patient = Store(lone, StoreSettings(ack_replicas=1, ack_timeout_ms=HANG_S * 1000))
    with pytest.raises(StoreDown):
        await accept(store, "1")
    await store.redis.config_set("repl-diskless-sync-delay", 0)
    await store.redis.config_set("port", port)
    with running(find_server()) as url:
        replica = Store(url, StoreSettings())
        await tell(replica, "REPLICAOF", "127.0.0.1", str(port))

        async def in_step() -> bool:
            return bool((await replica.redis.info("replication"))["master_link_status"] == "up")

        await until(in_step)
        assert await accept(patient, "2") == 1
        assert await replica.redis.llen(f"{TAG}mail:c") == 2
        await replica.close()
    await patient.close()
    await store.close()


# ---------------------------------------------------------------- opening


async def test_a_store_without_an_append_only_file_is_refused(lone: str) -> None:
    """It would lose what was acknowledged; a setting for tests lets it pass."""
    store = Store(lone, StoreSettings())
    await store.redis.config_set("appendonly", "no")
    with pytest.raises(ConfigError, match="appendonly yes"):
        await store.open("test")
    volatile = Store(lone, StoreSettings(allow_volatile=True))
    await volatile.open("test")
    await volatile.close()
    await store.close()


async def test_a_store_that_may_evict_is_refused(lone: str) -> None:
    """A limit is fine as long as nothing is thrown away to keep it."""
    store = Store(lone, StoreSettings())
    await store.redis.config_set("maxmemory", "500mb")
    await store.open("test")
    await store.redis.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(ConfigError, match="noeviction"):
        await store.open("test")
    await store.close()


@pytest.mark.parametrize(("shards", "key", "says"), [(4, "mine", "shards=16.*4"), (16, "other", "master key")])
async def test_a_store_set_up_otherwise_is_refused(store_url: str, shards: int, key: str, says: str) -> None:
    """Another shard count would lose people, another master key could not open their numbers."""
    first, second = Store(store_url, StoreSettings()), Store(store_url, StoreSettings(shards=shards))
    await first.open("mine")
    await first.open("mine")
    with pytest.raises(ConfigError, match=says):
        await second.open(key)
    await first.close()
    await second.close()
