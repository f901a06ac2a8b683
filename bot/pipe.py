"""One connection for pipelines: packed and read in C, without a task or a time-out for every answer.

redis-py connects it (address, TLS, password, database) and its own pipeline costs five times as much
(measured, bench/README.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import hiredis
from redis.asyncio import ConnectionPool
from redis.exceptions import ResponseError

Arg = str | bytes | int
Command = tuple[Arg, ...]
Landed = Callable[["list[Any] | None"], None]
"""Given the answers in order, an error answer as a ResponseError among them; None when the connection is gone."""

PATIENCE_S = 15.0
"""A store that says nothing for this long is down: longer than an fsync on a busy disk."""

_MORE: Final = object()


async def connect(pool: ConnectionPool) -> Pipe:
    """A new connection to where the pool's go. Raises RedisError or OSError when there is nobody to talk to."""
    connection: Any = pool.connection_class(**pool.connection_kwargs)
    await connection.connect()
    stream: asyncio.StreamWriter = connection._writer  # noqa: SLF001 - what was connected is ours from here on
    connection._reader = connection._writer = None  # noqa: SLF001
    pipe = Pipe(stream)
    stream.transport.set_protocol(pipe)
    return pipe


class Pipe(asyncio.Protocol):
    """Carries one pipeline at a time. Once it is gone it carries none: make another one."""

    def __init__(self, stream: asyncio.StreamWriter) -> None:
        self._stream = stream
        self._reader = hiredis.Reader(replyError=ResponseError, notEnoughData=_MORE)
        self._answers: list[Any] = []
        self._due = 0
        self._landed: Landed | None = None
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def gone(self) -> bool:
        """The connection is closed, perhaps while nobody used it."""
        return self._stream.transport.is_closing()

    def exchange(self, commands: Sequence[Command], landed: Landed) -> None:
        """Write all commands at once; `landed` gets all answers. Raises ValueError for what has no bytes."""
        packed = b"".join([hiredis.pack_command(command) for command in commands])  # type: ignore[arg-type]
        self._due, self._landed = len(commands), landed
        self._stream.transport.write(packed)
        self._alarm = asyncio.get_running_loop().call_later(PATIENCE_S, self.close)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not _MORE:
            self._answers.append(answer)
        if len(self._answers) >= self._due:
            answers, self._answers = self._answers, []
            self._land(answers)

    def connection_lost(self, _: Exception | None) -> None:
        self._land(None)

    def close(self) -> None:
        """Hang up. Whoever waits is told that the connection is gone."""
        self._stream.transport.abort()

    def _land(self, answers: list[Any] | None) -> None:
        landed, self._landed = self._landed, None
        if self._alarm is not None:
            self._alarm.cancel()
        if landed is not None:
            landed(answers)
