"""A real store for tests: one server per xdist worker, emptied after each test."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from bot.launcher import find_server

SERVER = "TEST_STORE"
"""Names another server binary for the tests, as CI does with Debian's redis-server 7."""
HANG_S = 30
"""Long enough for any machine: what takes longer hangs."""


@contextmanager
def running(server: Path) -> Iterator[str]:
    """A server with an append-only file on a socket of its own; gives its url."""
    with tempfile.TemporaryDirectory(prefix="dd-") as folder:
        socket = f"{folder}/store.sock"  # short: a socket's path is limited to about 100 bytes
        options = {"port": 0, "unixsocket": socket, "dir": folder, "appendonly": "yes", "appendfsync": "no", "save": ""}
        words = [str(server), *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            try:
                _await_answer(process, socket)
                yield f"unix://{socket}"
            finally:
                process.kill()


def _await_answer(process: subprocess.Popen[bytes], socket: str) -> None:
    with Redis(unix_socket_path=socket) as client:
        deadline = time.monotonic() + HANG_S
        while True:
            try:
                client.ping()
            except RedisError:
                assert process.poll() is None, f"the store ended with {process.returncode}"
                assert time.monotonic() < deadline, "the store does not answer"
                time.sleep(0.01)
            else:
                return


@pytest.fixture(scope="session")
def store_server() -> Iterator[str]:
    with running(Path(os.environ[SERVER]) if SERVER in os.environ else find_server()) as url:
        yield url


@pytest.fixture
async def store_url(store_server: str) -> AsyncIterator[str]:
    """url of an empty store that is this test's alone."""
    async with AsyncRedis.from_url(store_server) as redis:
        await redis.flushall()
        yield store_server
        await redis.flushall()
