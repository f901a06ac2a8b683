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
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from bot import keys
from bot.errors import ConfigError, StoreDown
from bot.pipe import PATIENCE_S, Arg, Command, Pipe, connect
from bot.settings import StoreSettings

log = structlog.get_logger()

LUA = Path(__file__).parent / "lua"
DOWN = frozenset(("BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "READONLY"))
"""First words of the errors of a server that cannot do what it otherwise can."""

_Call = tuple["asyncio.Future[Any]", str, Command]


class Store:
    """One Redis (or Valkey) server, or anything that speaks like one."""

    def __init__(self, url: str, settings: StoreSettings) -> None:
        self.settings = settings
        self.shards = settings.shards
        self.redis: Redis = Redis.from_pool(
            BlockingConnectionPool.from_url(
                url,
                max_connections=8,
                timeout=PATIENCE_S,
                socket_timeout=PATIENCE_S,
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
        self._pipes: list[Pipe] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._quiet: asyncio.Event | None = None

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
        if self._waiting or self._flying:
            self._quiet = asyncio.Event()
            await self._quiet.wait()
        for pipe in self._pipes:
            pipe.close()
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
        if not calls:
            return
        self._flying += 1
        while self._pipes and self._pipes[-1].gone:
            self._pipes.pop()
        if self._pipes:
            self._fly(self._pipes.pop(), calls)
        else:
            task = asyncio.create_task(self._connect(calls))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, calls: list[_Call]) -> None:
        try:
            pipe = await connect(self.redis.connection_pool)
        except (RedisError, OSError) as error:
            self._failed(calls, type(error).__name__)
            self._freed(None)
        else:
            self._fly(pipe, calls)

    def _fly(self, pipe: Pipe, calls: list[_Call], scripts: Sequence[str] = ()) -> None:
        """Send the calls, behind the scripts that the server has forgotten."""
        commands: list[Command] = [("SCRIPT", "LOAD", self._sources[name]) for name in scripts]
        commands += [command for _, _, command in calls]
        if self.settings.ack_replicas:
            commands.append(("WAIT", self.settings.ack_replicas, self.settings.ack_timeout_ms))
        try:
            pipe.exchange(commands, partial(self._landed, pipe, calls, len(scripts)))
        except ValueError as error:
            self._failed(calls, type(error).__name__)
            self._freed(pipe)

    def _landed(self, pipe: Pipe, calls: list[_Call], loaded: int, answers: list[Any] | None) -> None:
        if answers is None:
            self._failed(calls, "connection lost")
            self._freed(None)
            return
        lacking = self.settings.ack_replicas and not self._replicated(answers.pop())
        forgotten: list[_Call] = []
        for call, answer in zip(calls, answers[loaded:], strict=True):
            future = call[0]
            if not loaded and isinstance(answer, ResponseError) and str(answer).startswith("NOSCRIPT"):
                forgotten.append(call)
            elif future.done():
                continue
            elif isinstance(answer, ResponseError):
                future.set_exception(_ours(answer))
            elif lacking:
                future.set_exception(StoreDown("not enough replicas"))
            else:
                future.set_result(answer)
        if forgotten:
            self._fly(pipe, forgotten, sorted({script for _, script, _ in forgotten}))
        else:
            self._freed(pipe)

    def _replicated(self, have: object) -> bool:
        return isinstance(have, int) and have >= self.settings.ack_replicas

    def _failed(self, calls: list[_Call], why: str) -> None:
        for future, _, _ in calls:
            if not future.done():
                future.set_exception(StoreDown(why))

    def _freed(self, pipe: Pipe | None) -> None:
        """A pipeline is over; its connection carries the next one, unless it is gone."""
        self._flying -= 1
        if pipe is not None:
            self._pipes.append(pipe)
        if self._waiting:
            self._schedule()
        elif self._quiet is not None and not self._flying:
            self._quiet.set()


def _ours(error: ResponseError) -> Exception:
    """A store that cannot write now is down to us; anything else is a bug to be seen."""
    code = str(error).partition(" ")[0]
    return StoreDown(code) if code in DOWN else error


def _source(path: Path) -> str:
    return (LUA / "_common.lua").read_text() + path.read_text()


def _forget(future: asyncio.Future[Any]) -> None:
    """An answer nobody awaits must not warn when it is an error."""
    if not future.cancelled():
        future.exception()
