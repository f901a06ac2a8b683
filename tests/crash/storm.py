"""Deaths at random points, and the quiet after them."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from crash.house import House
from crash.town import Town
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import keys
from bot.messages import Kind
from bot.settings import StoreSettings

KILLS = {"worker": 6, "sender": 6, "web": 5, "recorder": 4, "store": 5, "rewriting store": 2}
"""How often each dies in one storm."""
AHEAD = 100
"""Posts that may be acknowledged beyond the point at which somebody is to die."""
LOOKS = 50
"""How often a store that rewrites its file is asked whether an fsync is pending."""
QUIET_S = 120.0
"""Beyond every lease, retry and restart of a storm."""


@dataclass(frozen=True, slots=True)
class Death:
    """Who dies when: after so many acknowledged posts, and so many seconds more."""

    accepted: int
    pause_s: float
    victim: str


def deaths(seed: int, posts: int) -> list[Death]:
    """The same for the same seed."""
    chance = random.Random(f"{seed}/deaths")
    victims = [victim for victim, times in KILLS.items() for _ in range(times)]
    chance.shuffle(victims)
    points = sorted(chance.sample(range(posts // 20, posts * 19 // 20), len(victims)))
    return [Death(point, chance.uniform(0, 0.05), victim) for point, victim in zip(points, victims, strict=True)]


async def rage(house: House, town: Town, seed: int, posts: int) -> None:
    """Kill whom the seed says, when it says, at its work; people wait for that, a few posts ahead."""
    for death in deaths(seed, posts):
        await town.may_say(death.accepted + AHEAD)
        await town.reached(death.accepted)
        await house.serving(death.victim)
        await asyncio.sleep(death.pause_s)  # into the middle of what the last post caused
        if death.victim == "rewriting store":
            await _rewriting(house)
        house.kill(death.victim.removeprefix("rewriting "))
    await town.may_say(posts)


async def _rewriting(house: House) -> None:
    """Return while the store rewrites its append-only file, and with an fsync pending if that is ever seen.

    With `appendfsync always` the server fsyncs in its own thread before it answers, and hands only old files to the
    background thread: `aof_pending_bio_fsync` was 0 in every look of many thousand, also during rewrites. So a kill
    in the middle of a rewrite stands for it, unless a look finds it set.
    """
    try:
        async with Redis.from_url(house.store.url) as redis:
            for _ in range(LOOKS):
                pipe = redis.pipeline(transaction=False)
                pipe.bgrewriteaof()
                pipe.info("persistence")
                _, info = await pipe.execute(raise_on_error=False)  # one that is under way is no error here
                if info["aof_pending_bio_fsync"]:
                    return
    except (RedisError, OSError):
        return  # it is down already


async def quiet(store_url: str) -> None:
    """Wait until no mail, call, message or outcome is under way and everything is recorded."""
    left: dict[str, int] = {}
    try:
        async with asyncio.timeout(QUIET_S), Redis.from_url(store_url) as redis:
            while True:
                left = await _under_way(redis)
                if not left:
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not quiet after {QUIET_S:g} s; still there: {left}") from None


async def _under_way(redis: Redis) -> dict[str, int]:
    """What is not done, by key; looked at in one moment."""
    shards = range(StoreSettings().shards)
    waiting = [name for s in shards for name in (keys.ready(s), keys.outcomes_due(s))]
    waiting += [keys.out(s, kind) for s in shards for kind in Kind]
    async with redis.pipeline(transaction=True) as pipe:
        for name in waiting:
            pipe.zcard(name)
        for s in shards:
            pipe.xlen(keys.journal(s))
        for s in shards:
            pipe.zrange(keys.timers(s), 0, -1)
        try:
            found = await pipe.execute()
        except (RedisError, OSError):
            return {"the store": 1}
    timers = {keys.timers(s): sum(t.endswith(b"/retry") for t in found[-len(shards) + s]) for s in shards}
    counts = dict(zip([*waiting, *map(keys.journal, shards)], found, strict=False))
    return {name: count for name, count in {**counts, **timers}.items() if count}
