"""The processes of a measurement and the cores they run on: ours and the bare handler on one, the rest on another."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from bench.calls import ACCOUNT, API_KEY, APIKEY, SECRET
from bot.launcher import EmbeddedStore

ROOT = Path(__file__).parents[1]
OURS = {0}
"""The core of what is measured."""
THEIRS = {1}
"""The core of the store, the people and the carrier."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_S = 60.0
"""How long a program may take until it serves."""
SETTLE_S = 5.0
"""The first of several processes answers for all: how long the others are given to come up."""

CONFIG = """\
data = "{data}"
redis_url = "{redis_url}"
master_key = "{master_key}"

[web]
port = {port}

[accounts.{account}]
carrier = "yunpian"
base_url = "http://127.0.0.1:{world}/v2"
apikeys = ["{apikey}"]
webhook_secrets = ["{secret}"]
signature = "叮咚寄售"

[platform]
api_keys = ["{api_key}"]
url = "http://127.0.0.1:{world}"

# Nobody writes as often as these people do: what guards against phones that answer by themselves is lifted, every
# unclear reply is asked back, and what is over is forgotten, so that the last turn is like the first.
[limits]
turns_per_hour = 1000000000
identical_exchanges = 1000000000
unclear_asks = 1000000000
ask_memory = "PT1S"
ended_memory = "PT1S"
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that serves on 127.0.0.1. pids: of its processes."""

    port: int
    pids: tuple[int, ...]

    def cpu_s(self) -> float:
        """Processor time its processes have taken so far, in seconds; resolution 10 ms."""
        return sum(_ticks(pid) for pid in self.pids) / TICKS_PER_S

    def rss_mb(self) -> float:
        """Memory of its largest process, in MB (10^6 bytes)."""
        return max(_rss_bytes(pid) for pid in self.pids) / 1e6


@dataclass(frozen=True, slots=True)
class Ours(Program):
    """`bot serve`, and the store it uses."""

    redis: Redis

    async def backlog(self) -> int:
        """Journal entries that are not recorded yet."""
        return sum([await self.redis.xlen(key) async for key in self.redis.scan_iter("*}:journal", count=1000)])

    async def recorded(self) -> None:
        """Wait until the recorder has caught up."""
        while await self.backlog():
            await asyncio.sleep(0.1)

    async def keys(self) -> int:
        """Keys in the store, but for those that remember what was seen (they live as long as a carrier repeats)."""
        seen = 0
        async for _ in self.redis.scan_iter("*}:seen:*", count=10_000):
            seen += 1
        return int(await self.redis.dbsize()) - seen


@asynccontextmanager
async def bare() -> AsyncIterator[Program]:
    """The bare handler."""
    async with _process([sys.executable, "-m", "bench.bare"], dict(os.environ), OURS) as process:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), START_S))
        yield Program(port, (process.pid,))


@asynccontextmanager
async def ours(
    folder: Path, world: int, roles: Sequence[str], *, processes: int = 1, cores: set[int] = OURS
) -> AsyncIterator[Ours]:
    """`bot serve` with these roles and a fresh store in `folder`. world: port of the carrier and the platform."""
    port = _free_port()
    async with EmbeddedStore(folder / "store") as store:
        config = _config(folder, store.url, port, world)
        environment = os.environ | {"DINGDONG_CONFIG": str(config)}
        await _first_start(folder)
        command = [sys.executable, "-m", "bot", "--log-level", "warning", "serve"]
        command += ["--roles", ",".join(roles), "--processes", str(processes)]
        async with _process(command, environment, cores) as process, Redis.from_url(store.url) as redis:
            if "web" in roles:
                await _serving(port)
            pids = await _family(process.pid, processes)
            yield Ours(port, pids, redis)


async def _first_start(folder: Path) -> None:
    """Make the ledger's tables, in a process that ends: what that takes in memory, no later start takes."""
    make = f"import asyncio; from bot.record.ledger import Ledger; asyncio.run(Ledger('sqlite:///{folder}/ledger.db').open())"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", make, cwd=ROOT)
    assert await process.wait() == 0, "the ledger could not be made"


def _config(folder: Path, redis_url: str, port: int, world: int) -> Path:
    file = folder / "bot.toml"
    file.write_text(
        CONFIG.format(
            data=folder,
            redis_url=redis_url,
            master_key=base64.b64encode(b"k" * 32).decode(),
            port=port,
            world=world,
            account=ACCOUNT,
            apikey=APIKEY,
            secret=SECRET,
            api_key=API_KEY,
        )
    )
    return file


@asynccontextmanager
async def _process(
    command: Sequence[str], environment: dict[str, str], cores: set[int]
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _serving(port: int) -> None:
    """Wait until something answers there."""
    async with asyncio.timeout(START_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def _family(pid: int, processes: int) -> tuple[int, ...]:
    """A single process is itself; a launcher has its children too."""
    if processes == 1:
        return (pid,)
    await asyncio.sleep(SETTLE_S)
    children = _children(pid)
    assert len(children) == processes, f"{processes} processes were wanted, there are {len(children)}"
    return (pid, *children)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _ticks(pid: int) -> int:
    """User and system time of all threads (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _rss_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
