"""What is measured, and how: one function for each group of rows."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from bench import calls, rig
from bench.calls import Call
from bench.rig import Ours, Program
from bench.world import Done, Run, World

ROLES = ("web", "worker", "sender", "recorder")
MEMORY = Path("/dev/shm")
"""Where files are on no disk."""
WINDOW = 256
"""Turns under way at once when throughput is measured: enough to keep the program busy through every fsync."""
CONNECTIONS = 64
"""Keep-alive connections of the carrier to the program; without a reply to wait for also the calls under way."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. Counts are per round; a round ends after `limit_s` at the latest, with what it has."""

    people: int = 5_000
    rounds: int = 5
    bare: int = 40_000
    web: int = 20_000
    turns: int = 12_000
    rate: int = 200
    rate_s: float = 15.0
    load: float = 0.6
    load_s: float = 12.0
    idle_s: float = 30.0
    first: int = 50_000
    last: int = 200_000
    limit_s: float = 60.0


QUICK = Plan(rounds=2, bare=15_000, web=6_000, turns=3_000, rate_s=5, load_s=5, idle_s=20, first=10_000, last=20_000)
SMOKE = Plan(
    people=400, rounds=1, bare=400, web=400, turns=400, rate=50, rate_s=1, load_s=1, idle_s=1, first=400, last=800
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. value: what is held against the bar. each: of every round, where there are several.

    at_least: whether the bar is a floor; otherwise it is a ceiling. bar None: told, not judged.
    """

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False
    detail: str = ""
    each: tuple[float, ...] = field(default=())

    @property
    def met(self) -> bool | None:
        if self.bar is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar


class Bench:
    """One run of everything. Rows come as they are known."""

    def __init__(self, plan: Plan, folder: Path, world: World, bare: Program, tell: Callable[[Row], None]) -> None:
        self._plan = plan
        self._folder = folder
        self._world = world
        self._bare = bare
        self._tell = tell
        self._people = calls.mobiles(plan.people)
        self._most = 0.0

    async def run(self) -> None:
        await self._web()
        await self._all_roles()
        await self._in_memory()
        await self._two_processes()
        await self._growth()

    # ------------------------------------------------------------ throughput

    async def _web(self) -> None:
        async with self._ours("web", ["web"]) as ours:

            async def acknowledged(count: int) -> Run:
                replies = calls.replies(self._people, count, calls.MIX)
                return await self._world.run(ours.port, replies, "acknowledged", window=CONNECTIONS)

            await acknowledged(self._plan.web // 4)
            await self._throughput(
                "web role alone: acknowledged/s", ours, self._plan.web, acknowledged, 0.50, recorded=False
            )

    async def _all_roles(self) -> None:
        async with self._ours("all", ROLES) as ours:
            await self._answer(ours, calls.offers(self._people))
            await self._answer(ours, calls.replies(self._people, self._plan.turns // 4, calls.MIX))
            await ours.recorded()

            async def answered(count: int) -> Run:
                return await self._answer(ours, calls.replies(self._people, count, calls.MIX))

            name = "all roles: turns/s, no action"
            self._most = await self._throughput(name, ours, self._plan.turns, answered, 0.12)
            await self._latency(ours, "")
            await self._idle(ours)

            async def accepted(count: int) -> Run:
                return await self._answer(ours, calls.replies(self._people, count, calls.ACCEPT))

            async def offered() -> None:
                await self._answer(ours, calls.offers(self._people))
                await ours.recorded()

            name, count = "all roles: turns/s, with an in-process action", min(self._plan.turns, self._plan.people)
            await self._throughput(name, ours, count, accepted, None, before=offered)

    async def _throughput(
        self,
        name: str,
        ours: Ours,
        count: int,
        run: Callable[[int], Awaitable[Run]],
        bar: float | None,
        *,
        recorded: bool = True,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> float:
        """Rounds of the bare handler and of ours, one after the other. Returns our median per second."""
        rates, ratios, cpu_us, lags = [], [], [], []
        for _ in range(self._plan.rounds):
            plain = calls.plain(self._people, self._plan.bare)
            bare = (await self._world.run(self._bare.port, plain, "acknowledged", window=CONNECTIONS)).check()
            if before is not None:
                await before()
            cpu = ours.cpu_s()
            mine = (await run(count)).check()
            lags.append(await ours.backlog())
            if recorded:
                await ours.recorded()
            cpu_us.append((ours.cpu_s() - cpu) / len(mine.latencies_s) * 1e6)
            rates.append(mine.per_s)
            ratios.append(mine.per_s / bare.per_s)
        rate, cpu_median = statistics.median(rates), statistics.median(cpu_us)
        detail = f"{rate:,.0f}/s, bare {rates[-1] / ratios[-1]:,.0f}/s; {cpu_median:.0f} µs of CPU each"
        if recorded:
            detail += f"; journal at the end {max(lags):,} behind"
        self._tell(Row(name, statistics.median(ratios), "× bare", bar, True, detail, tuple(ratios)))
        return rate

    # ------------------------------------------------------------ latency, idle, memory

    async def _in_memory(self) -> None:
        """Latency once more with the store's file on no disk: what is ours of it, and what the fsyncs take."""
        if not MEMORY.is_dir():
            return
        with tempfile.TemporaryDirectory(prefix="bench-", dir=MEMORY) as folder:
            async with rig.ours(Path(folder) / "memory", self._world.port, ROLES) as ours:
                await self._answer(ours, calls.offers(self._people))
                await self._answer(ours, calls.replies(self._people, self._plan.turns // 4, calls.MIX))
                await ours.recorded()
                await self._latency(ours, ", files in memory")

    async def _latency(self, ours: Ours, where: str) -> None:
        plan = self._plan
        count = int(plan.rate * plan.rate_s)
        bare = await self._paced(self._bare.port, calls.plain(self._people, count), "acknowledged", plan.rate)
        mine = await self._paced(ours.port, calls.replies(self._people, count, calls.MIX), "answered", plan.rate)
        for name, share, bar in (("p50", 0.50, 6.0), ("p99", 0.99, 10.0)):
            ours_ms, bare_ms = (_quantile(run.latencies_s, share) * 1e3 for run in (mine, bare))
            detail = f"{ours_ms:.2f} ms, bare {bare_ms:.2f} ms"
            row = Row(f"latency at {plan.rate} turns/s, {name}{where}", ours_ms / bare_ms, "× bare", bar, detail=detail)
            self._tell(row)

    async def _idle(self, ours: Ours) -> None:
        await ours.recorded()
        await asyncio.sleep(1)
        cpu = ours.cpu_s()
        await asyncio.sleep(self._plan.idle_s)
        share = (ours.cpu_s() - cpu) / self._plan.idle_s * 100
        self._tell(Row("idle, all roles", share, "% of a core", 1.0, detail=f"over {self._plan.idle_s:.0f} s"))

    async def _two_processes(self) -> None:
        """CPU per turn at the same rate, once with one process and once with two that share the core."""
        plan = self._plan
        rate = max(10.0, self._most * plan.load)
        cpu_us = []
        for processes in (1, 2):
            async with self._ours(f"processes-{processes}", ROLES, processes) as ours:
                await self._answer(ours, calls.offers(self._people))
                await self._answer(ours, calls.replies(self._people, plan.turns // 4, calls.MIX))
                await ours.recorded()
                replies = calls.replies(self._people, int(rate * plan.load_s), calls.MIX)
                cpu = ours.cpu_s()
                run = await self._paced(ours.port, replies, "answered", rate)
                await ours.recorded()
                cpu_us.append((ours.cpu_s() - cpu) / len(run.latencies_s) * 1e6)
        one, two = cpu_us
        detail = f"{two:.0f} µs with two, {one:.0f} µs with one, at {rate:,.0f} turns/s"
        self._tell(Row("CPU per turn, two processes", two / one, "× one", 1.15, detail=detail))

    async def _growth(self) -> None:
        async with self._ours("growth", ROLES) as ours:
            await self._answer(ours, calls.offers(self._people))
            sizes = []
            done = 0
            for upto in (self._plan.first, self._plan.last):
                while done < upto:
                    count = min(self._plan.turns, upto - done)
                    await self._answer(ours, calls.replies(self._people, count, calls.MIX))
                    done += count
                await ours.recorded()
                sizes.append((ours.rss_mb(), await ours.keys()))
        (rss, keys), (rss_last, keys_last) = sizes
        self._tell(Row("RSS, all roles", rss, "MB", 160.0, detail=f"after {self._plan.first:,} turns"))
        told = f"at {self._plan.last:,} turns, of that at {self._plan.first:,}"
        self._tell(Row(f"RSS {told}", rss_last / rss, "×", 1.02, detail=f"{rss_last:.1f} MB, {rss:.1f} MB"))
        self._tell(Row(f"store keys {told}", keys_last / keys, "×", 1.02, detail=f"{keys_last:,}, {keys:,}"))

    # ------------------------------------------------------------ tools

    def _ours(self, name: str, roles: Sequence[str], processes: int = 1) -> AbstractAsyncContextManager[Ours]:
        return rig.ours(self._folder / name, self._world.port, roles, processes=processes)

    async def _answer(self, ours: Ours, wanted: Sequence[Call]) -> Run:
        window = min(WINDOW, self._plan.people // 2)
        run = await self._world.run(ours.port, wanted, "answered", window=window, limit_s=self._plan.limit_s)
        return run.check()

    async def _paced(self, port: int, wanted: Sequence[Call], done: Done, rate: float) -> Run:
        run = await self._world.run(port, wanted, done, window=0, rate=rate, limit_s=self._plan.limit_s)
        return run.check()


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
