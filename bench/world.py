"""Everybody else: people whose words are posted, and the carrier (and platform) that is called back.

Both are played by this one process, so that a turn begins and ends by one clock, and both speak just enough HTTP/1.1
to cost a few microseconds a call: what is strict about a provider is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self, cast

from bench.calls import Call

Done = Literal["acknowledged", "answered"]
"""When a call is over: with its HTTP answer, or with the message the carrier is given for that person."""

PATIENCE_S = 15.0
"""How long a call that began may take before it counts as lost."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_MOBILE = re.compile(rb"mobile=(\d{11})")
_sids = itertools.count(3_310_228_064)


@dataclass(slots=True)
class Run:
    """How a run of calls went. latencies_s: of each call that was over, in the order they ended.

    refused: answers but 2xx. strays: messages nobody was waiting for. lost: calls that were not over in time.
    """

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    refused: int = 0
    strays: int = 0
    lost: int = 0

    @property
    def per_s(self) -> float:
        return len(self.latencies_s) / self.seconds

    def check(self) -> Self:
        """Raises AssertionError unless every call was taken and answered exactly once."""
        faults = {"refused": self.refused, "strays": self.strays, "lost": self.lost}
        assert not any(faults.values()), faults
        return self


class _Messages(asyncio.Protocol):
    """HTTP messages of one connection, each handed on whole: the head (without its blank line) and the body."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own does not inherit it

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(body) >= size:
            self._buffer = body[size:]
            self.message(head, body[:size])

    def message(self, head: bytes, body: bytes) -> None:
        raise NotImplementedError


class _Carrier(_Messages):
    """Takes what is sent, as Yunpian answers it; agrees to every deal, as a platform does."""

    def __init__(self, taken: Callable[[bytes], None]) -> None:
        super().__init__()
        self._taken = taken

    def message(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"POST /api/"):
            self._answer(b'{"status":"made"}')
            return
        mobile = _MOBILE.search(body)
        assert mobile, "a send without a mobile number"
        said = b'{"code":0,"msg":"OK","count":1,"fee":0.05,"unit":"RMB","mobile":"%b","sid":%d}'
        self._answer(said % (mobile[1], next(_sids)))
        self._taken(mobile[1])

    def _answer(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % len(body) + body)


class _Caller(_Messages):
    """One keep-alive connection; at most one call under way."""

    def __init__(self, answered: Callable[[_Caller, bytes], None], hung_up: Callable[[], None]) -> None:
        super().__init__()
        self._answered = answered
        self._hung_up = hung_up
        self.mobile = b""

    def connection_lost(self, _: Exception | None) -> None:
        self._hung_up()

    def message(self, head: bytes, body: bytes) -> None:
        self._answered(self, head[9:12])


class World:
    """Plays everybody else while the context is open. port: where the carrier and the platform are called."""

    port: int

    def __init__(self) -> None:
        self._drive: _Drive | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Carrier(self._taken), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def run(
        self,
        port: int,
        calls: Sequence[Call],
        done: Done,
        *,
        window: int,
        connections: int = 64,
        rate: float = 0.0,
        limit_s: float = 60.0,
    ) -> Run:
        """Post the calls to 127.0.0.1:port. window: how many are under way at once.

        rate: calls per second, evenly spaced whatever is under way; 0 = as fast as the window lets.
        limit_s: no call begins after it.
        """
        drive = self._drive = _Drive(calls, done)
        loop = asyncio.get_running_loop()
        callers = [await loop.create_connection(drive.connect, "127.0.0.1", port) for _ in range(connections)]
        try:
            return await drive.run(window, rate, limit_s)
        finally:
            for transport, _ in callers:
                transport.close()

    def _taken(self, mobile: bytes) -> None:
        if self._drive is not None:
            self._drive.taken(mobile)


class _Drive:
    """One run: which calls are under way since when.

    A call begins when there is a permit and a connection. A permit is stamped when it is given, by the end of another
    call or by the clock, so that what waits for a connection counts as slow.
    """

    def __init__(self, calls: Sequence[Call], done: Done) -> None:
        self._calls = deque(calls)
        self._done = done
        self._free: deque[_Caller] = deque()
        self._permits: deque[float] = deque()
        self._since: dict[bytes, float] = {}
        self._paced = False
        self._over = asyncio.Event()
        self._run = Run()
        self._ended = 0.0

    def connect(self) -> _Caller:
        """A new connection, to be used by this run."""
        caller = _Caller(self._acknowledged, self._hung_up)
        self._free.append(caller)
        return caller

    async def run(self, window: int, rate: float, limit_s: float) -> Run:
        started = time.perf_counter()
        self._paced = bool(rate)
        if self._paced:
            self._tick(started, 0, 1 / rate)
        else:
            self._permit(*[started] * window)
        try:
            async with asyncio.timeout(limit_s):
                await self._over.wait()
        except TimeoutError:
            self._calls.clear()
            await self._settled()
        self._run.seconds = max(self._ended - started, 1e-9)
        self._run.lost = len(self._since)
        return self._run

    async def _settled(self) -> None:
        """What began before the limit may still end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._since:
                    self._over.clear()
                    await self._over.wait()

    def _tick(self, started: float, n: int, every_s: float) -> None:
        self._permit(time.perf_counter())
        if self._calls:
            pause = started + (n + 1) * every_s - time.perf_counter()
            asyncio.get_running_loop().call_later(max(0.0, pause), self._tick, started, n + 1, every_s)

    def _permit(self, *stamps: float) -> None:
        self._permits.extend(stamps)
        while self._permits and self._free and self._calls:
            call, caller = self._calls.popleft(), self._free.popleft()
            assert call.mobile not in self._since, "more calls at once than people"
            self._since[call.mobile] = self._permits.popleft()
            caller.mobile = call.mobile
            caller.transport.write(call.request)

    def _hung_up(self) -> None:
        """A connection is gone: nothing more is called, and what is under way is lost."""
        self._calls.clear()
        self._over.set()

    def _acknowledged(self, caller: _Caller, status: bytes) -> None:
        self._free.append(caller)
        if not status.startswith(b"2"):
            self._run.refused += 1
            self._end(caller.mobile)
        elif self._done == "acknowledged":
            self._end(caller.mobile)
        else:
            self._permit()

    def taken(self, mobile: bytes) -> None:
        """The carrier was given a message for that person."""
        if self._done == "answered":
            self._end(mobile)

    def _end(self, mobile: bytes) -> None:
        since = self._since.pop(mobile, None)
        if since is None:
            self._run.strays += 1
            return
        self._ended = time.perf_counter()
        self._run.latencies_s.append(self._ended - since)
        if not self._paced:
            self._permit(self._ended)
        if not self._calls and not self._since:
            self._over.set()
