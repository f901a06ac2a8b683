"""Redis as we use it: scripts, put into shared pipelines.

Calls that meet in one tick of the event loop share one pipeline, and the next one collects while the
previous is in flight: a call costs about a tenth of what it costs alone (measured, bench/README.md).
A call whose answer was lost may have been applied; every script takes a token so that it can be repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Connection, Redis, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from bot import keys
from bot.errors import ConfigError, StoreDown
from bot.settings import StoreSettings

log = structlog.get_logger()

LUA = Path(__file__).parent / "lua"
SOCKET_TIMEOUT_S = 15.0
"""A store that says nothing for this long is down: longer than an fsync on a busy disk."""

Arg = str | bytes | int
_Call = tuple["asyncio.Future[Any]", str, tuple[Arg, ...]]


class Store:
    """One Redis (or Valkey) server, or anything that speaks like one."""

    def __init__(self, url: str, settings: StoreSettings) -> None:
        self.settings = settings
        self.shards = settings.shards
        self.redis: Redis = Redis.from_pool(
            BlockingConnectionPool.from_url(
                url,
                max_connections=settings.connections + 6,
                timeout=SOCKET_TIMEOUT_S,
                socket_timeout=SOCKET_TIMEOUT_S,
                socket_connect_timeout=3.0,
                retry=Retry(NoBackoff(), 0),
                retry_on_error=[],
            )
        )
        self._sources = {path.stem: _source(path) for path in LUA.glob("*.lua") if path.stem != "_common"}
        self._shas = {
            name: hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
            for name, source in self._sources.items()
        }
        self._waiting: deque[_Call] = deque()
        self._flying = 0
        self._scheduled = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, fingerprint: str) -> None:
        """Check that this store is safe to use and ours; write what is fixed at first start.

        fingerprint: of the master key. Raises ConfigError (unsafe store, another key, another shard count),
        StoreDown when it does not answer.
        """
        try:
            await self._check_durable()
            meta = {"shards": str(self.shards), "key": fingerprint}
            for field, value in meta.items():
                await self.redis.hsetnx(keys.META, field, value)
                stored = (await self.redis.hget(keys.META, field) or b"").decode()  # type: ignore[union-attr]
                if stored != value:
                    raise ConfigError(
                        f"the store was set up with {field}={stored}, the settings say {value}: "
                        + ("shards never change" if field == "shards" else "use the master key it was made with")
                    )
        except ResponseError as error:
            raise ConfigError(f"the store refused a command we need: {error}") from error
        except (RedisError, OSError) as error:
            raise StoreDown(type(error).__name__) from error

    async def _check_durable(self) -> None:
        if self.settings.allow_volatile:
            return
        info = await self.redis.info("persistence")
        memory = await self.redis.info("memory")
        if not info.get("aof_enabled"):
            raise ConfigError("the store keeps no append-only file: set appendonly yes (or store.allow_volatile)")
        if int(memory.get("maxmemory", 0)) and memory.get("maxmemory_policy") != "noeviction":
            raise ConfigError("the store may evict data: set maxmemory-policy noeviction (or store.allow_volatile)")

    async def close(self) -> None:
        """Wait for the pipelines in flight, then close the connections."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.redis.aclose()

    async def ping(self) -> None:
        """Raises StoreDown when the store does not answer."""
        try:
            await self.redis.ping()
        except (RedisError, OSError) as error:
            raise StoreDown(type(error).__name__) from error

    def run(self, script: str, script_keys: Sequence[str], args: Sequence[Arg]) -> asyncio.Future[Any]:
        """Run bot/lua/<script>.lua; await the answer. Raises StoreDown, or ResponseError for a bug in a script.

        After StoreDown the script may have been applied: repeat with the same token, or let the lease end.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, script, ("EVALSHA", self._shas[script], len(script_keys), *script_keys, *args)))
        self._schedule()
        return future

    async def until_done(self, script: str, script_keys: Sequence[str], args: Sequence[Arg], tries: int = 5) -> Any:
        """`run`, repeated with the same token while the store is away. Raises StoreDown in the end."""
        for attempt in range(tries):
            try:
                return await self.run(script, script_keys, args)
            except StoreDown:
                if attempt == tries - 1:
                    raise
                await asyncio.sleep(0.2 * 2**attempt)
        raise AssertionError("unreachable")

    def command(self, *parts: Arg) -> asyncio.Future[Any]:
        """One plain command in the shared pipeline; await the answer, or leave it when it is best effort."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_forget)
        self._waiting.append((future, "", parts))
        self._schedule()
        return future

    def _schedule(self) -> None:
        if not self._scheduled and self._flying < self.settings.connections:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._launch)

    def _launch(self) -> None:
        self._scheduled = False
        calls = [self._waiting.popleft() for _ in range(min(len(self._waiting), self.settings.batch))]
        if calls:
            self._flying += 1
            task = asyncio.create_task(self._fly(calls))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _fly(self, calls: list[_Call]) -> None:
        try:
            await self._pipeline(calls)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            for future, _, _ in calls:
                if not future.done():
                    future.set_exception(StoreDown(type(error).__name__))
        finally:
            self._flying -= 1
            if self._waiting:
                self._schedule()

    async def _pipeline(self, calls: list[_Call]) -> None:
        pool = self.redis.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            answers = await _exchange(connection, [command for _, _, command in calls])
            missing = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if missing:
                names = {calls[i][1] for i in missing}
                await _exchange(connection, [("SCRIPT LOAD", self._sources[name]) for name in names])
                for i, answer in zip(missing, await _exchange(connection, [calls[i][2] for i in missing]), strict=True):
                    answers[i] = answer
            if self.settings.ack_replicas:
                await self._await_replicas(connection)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)
        for (future, _, _), answer in zip(calls, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(_ours(answer))
            else:
                future.set_result(answer)

    async def _await_replicas(self, connection: Connection | UnixDomainSocketConnection) -> None:
        wait = ("WAIT", self.settings.ack_replicas, self.settings.ack_timeout_ms)
        (have,) = await _exchange(connection, [wait])
        if not isinstance(have, int) or have < self.settings.ack_replicas:
            raise TimeoutError("not enough replicas")


async def _exchange(connection: Any, commands: Sequence[tuple[Arg, ...]]) -> list[Any]:
    """Write all commands at once, read all answers; an error answer is a value in the list."""
    await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    answers: list[Any] = []
    for _ in commands:
        try:
            answers.append(await connection.read_response(disable_decoding=True))
        except ResponseError as error:
            answers.append(error)
    return answers


def _ours(error: Exception) -> Exception:
    """A store that cannot write now is down to us; anything else is a bug to be seen."""
    if isinstance(error, OutOfMemoryError | ReadOnlyError | ClusterDownError):  # redis-py took their code off
        return StoreDown(type(error).__name__)
    text = str(error)
    return StoreDown(text.split(" ", 1)[0]) if text.startswith(("MISCONF", "NOREPLICAS", "BUSY ")) else error


def _source(path: Path) -> str:
    return (LUA / "_common.lua").read_text() + path.read_text()


def _forget(future: asyncio.Future[Any]) -> None:
    """An answer nobody awaits must not warn when it is an error."""
    if not future.cancelled():
        future.exception()
