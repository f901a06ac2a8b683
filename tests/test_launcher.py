"""The embedded store is as durable and as well-behaved as one that was hired."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as StoreGone
from support.needs import require

from bot import launcher
from bot.errors import ConfigError
from bot.launcher import EmbeddedStore

HANG_S = 60
"""Long enough for any machine: what takes longer hangs."""

HOLDER = """
import asyncio, sys, uvloop
from pathlib import Path
from bot.launcher import EmbeddedStore

async def hold() -> None:
    async with EmbeddedStore(Path(sys.argv[1])) as store:
        print(store.url, store.pid, flush=True)
        await asyncio.Event().wait()

uvloop.run(hold())
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Redis]:
    redis = Redis.from_url(url)
    try:
        yield redis
    finally:
        await redis.aclose()


@asynccontextmanager
async def held_by_another_process(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str, int]]:
    """A process of its own that holds `folder`: the process, its store's url and pid."""
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout
    url, pid = (await holder.stdout.readline()).decode().split()
    try:
        yield holder, url, int(pid)
    finally:
        if holder.returncode is None:
            holder.kill()
        await holder.communicate()


async def ended(pid: int) -> None:
    """Return when process `pid`, which need not be our child, is gone."""
    pidfd = os.pidfd_open(pid)
    try:
        readable = asyncio.Event()
        asyncio.get_running_loop().add_reader(pidfd, readable.set)
        async with asyncio.timeout(HANG_S):
            await readable.wait()
        asyncio.get_running_loop().remove_reader(pidfd)
    finally:
        os.close(pidfd)


async def reachable(url: str) -> Redis:
    """A client of `url` as soon as it answers: a store that was killed comes back by itself."""
    async with asyncio.timeout(HANG_S):
        while True:
            redis = Redis.from_url(url)
            try:
                await redis.ping()
            except StoreGone:
                await redis.aclose()
                await asyncio.sleep(0.01)
            else:
                return redis


async def test_is_durable_by_default(tmp_path: Path) -> None:
    """It keeps an append-only file, syncs every write, never evicts and listens on no port."""
    async with EmbeddedStore(tmp_path) as store, connected(store.url) as redis:
        wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "port": "0"}
        assert wanted.items() <= (await redis.config_get("*")).items()
        assert Path(tmp_path / "store.sock").stat().st_mode & 0o777 == 0o700


async def test_everysec_is_a_setting(tmp_path: Path) -> None:
    """The caller may trade durability for speed, by name."""
    async with EmbeddedStore(tmp_path, "everysec") as store, connected(store.url) as redis:
        assert await redis.config_get("appendfsync") == {"appendfsync": "everysec"}


async def test_data_outlives_the_process(tmp_path: Path) -> None:
    """What was written is there after a clean stop and a new start; the stop leaves no process and no socket."""
    folder = tmp_path / "a folder"
    async with EmbeddedStore(folder) as store, connected(store.url) as redis:
        first = store.pid
        await redis.set("k", "v")
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert not (folder / "store.sock").exists()
    async with EmbeddedStore(folder) as store, connected(store.url) as redis:
        assert await redis.get("k") == b"v"


async def test_a_killed_store_comes_back_with_its_data(tmp_path: Path) -> None:
    """kill -9 of the server loses no acknowledged write; it is started again at the same address, every time."""
    async with EmbeddedStore(tmp_path) as store:
        for n in range(3):
            async with await reachable(store.url) as redis:
                await redis.rpush("k", n)
                killed = store.pid
                os.kill(killed, signal.SIGKILL)
            async with await reachable(store.url) as redis:
                assert await redis.lrange("k", 0, -1) == [b"%d" % i for i in range(n + 1)]
            assert store.pid != killed


async def test_a_torn_last_write_does_not_stop_it(tmp_path: Path) -> None:
    """Power loss in the middle of a write leaves half a command: it was never acknowledged and is left out."""
    async with EmbeddedStore(tmp_path) as store, connected(store.url) as redis:
        await redis.set("k", "v")
    (log,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\nto")
    async with EmbeddedStore(tmp_path) as store, connected(store.url) as redis:
        assert await redis.get("k") == b"v"


async def test_spoilt_data_is_reported_in_the_stores_own_words(tmp_path: Path) -> None:
    """A file that is wrong in the middle is not loaded in silence: the error says where and why."""
    async with EmbeddedStore(tmp_path) as store, connected(store.url) as redis:
        await redis.set("k", "v")
    (log,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"nonsense\r\n" + log.read_bytes())
    with pytest.raises(ConfigError, match=r"did not start(.|\n)*Bad file format"):
        await EmbeddedStore(tmp_path).__aenter__()


async def test_a_folder_has_one_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process is told who holds the folder, and does no harm to the first."""
    monkeypatch.setattr(launcher, "LOCK_PATIENCE_S", 0)
    async with held_by_another_process(tmp_path) as (holder, url, _):
        with pytest.raises(ConfigError, match=f"in use by process {holder.pid};"):
            await EmbeddedStore(tmp_path).__aenter__()
        async with connected(url) as redis:
            assert await redis.ping()


async def test_no_orphan_after_kill_9(tmp_path: Path) -> None:
    """A bot that was killed takes its store along, and the folder is free with every write in it."""
    async with held_by_another_process(tmp_path) as (holder, url, pid):
        async with connected(url) as redis:
            await redis.set("k", "v")
        gone = asyncio.create_task(ended(pid))
        holder.kill()
        await gone
    async with EmbeddedStore(tmp_path) as store, connected(store.url) as redis:
        assert await redis.get("k") == b"v"


async def test_a_store_that_is_still_ending_holds_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After kill -9 of its parent no second server opens the data before the first has let go of it."""
    monkeypatch.setattr(launcher, "LOCK_PATIENCE_S", 0)
    async with held_by_another_process(tmp_path) as (holder, _, pid):
        os.kill(pid, signal.SIGSTOP)
        holder.kill()
        await holder.wait()
        gone = asyncio.create_task(ended(pid))
        try:
            with pytest.raises(ConfigError, match="in use by"):
                await EmbeddedStore(tmp_path).__aenter__()
        finally:
            os.kill(pid, signal.SIGCONT)
        await gone
    async with EmbeddedStore(tmp_path):
        pass


async def test_a_folder_deeper_than_a_socket_may_be(tmp_path: Path) -> None:
    """A path too long for a Unix socket puts the socket, and only it, into a short private folder."""
    folder = tmp_path / ("deep" * 30)
    async with EmbeddedStore(folder) as store, connected(store.url) as redis:
        short = Path(store.url.removeprefix("unix://")).parent
        assert await redis.ping()
        assert short.stat().st_mode & 0o777 == 0o700
        assert (folder / "appendonlydir").is_dir()
    assert not short.exists()


@pytest.mark.redis
async def test_a_redis_server_serves_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's Redis 7.0 is started, restarted and stopped by the same launcher."""
    redis_server = require("redis-server", "Debian: apt-get install redis-server")
    monkeypatch.setattr(launcher, "find_server", lambda: redis_server)
    async with EmbeddedStore(tmp_path) as store:
        async with await reachable(store.url) as redis:
            assert "redis_version" in await redis.info("server")
            await redis.set("k", "v")
        os.kill(store.pid, signal.SIGKILL)
        async with await reachable(store.url) as redis:
            assert await redis.get("k") == b"v"


def test_a_redis_on_the_path_takes_the_wheels_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a bundled binary redis-server >= 7 is used; an older one, or none, is refused with what to do."""
    monkeypatch.setattr(launcher, "_bundled_server", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="install redis-server 7 or set DINGDONG_REDIS_URL"):
        launcher.find_server()
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=0'\n")
    server.chmod(0o700)
    with pytest.raises(ConfigError, match="older than Redis 7"):
        launcher.find_server()
    server.write_text("#!/bin/sh\necho 'Redis server v=7.0.15 sha=0'\n")
    assert launcher.find_server() == server
