"""HTTP/1.1 to providers: one request, its answer within bounds, over connections that are kept.

aiohttp's client does whatever a client may have to and costs 75 µs of CPU a call; what a provider's API needs costs a
third of it (measured, bench/README.md). llhttp reads the answers, through httptools.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import httptools
from multidict import CIMultiDict
from pydantic import JsonValue
from pydantic_core import from_json
from yarl import URL

from flows.values import Value

ANSWER_LIMIT_BYTES = 65_536
"""Largest body read from a provider; a longer one is no answer."""
IDLE_S = 60.0
"""How long a connection is kept for the next request, in seconds."""


class NotConnected(Exception):
    """Nothing was sent. Says which error it was, and nothing of the request."""


class NoAnswer(Exception):
    """It may have been received. Says which error it was, and nothing of the request."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to be connected, and from then on to the end of the answer."""

    connect_s: float
    read_s: float


class Answer(Value, frozen=True):
    """What a provider answered. headers: names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, JsonValue]:
        """Its JSON object; empty when it is none."""
        try:
            value = from_json(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class Http:
    """The connections of one process; open as long as the context is."""

    def __init__(self) -> None:
        self._idle: defaultdict[_Origin, list[_Line]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for line in [line for lines in self._idle.values() for line in lines]:
            line.close()

    async def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Answer:
        """One request; no redirect is followed, and nothing is sent twice. Raises NotConnected, NoAnswer.

        Raises ValueError for a header that would end its line.
        """
        return await self._asked(url, _written(method, url, headers, body), timeouts, ANSWER_LIMIT_BYTES)

    async def fetch(self, url: URL, timeouts: Timeouts, limit: int) -> Answer:
        """A file of at most so many bytes. Raises NotConnected, NoAnswer."""
        return await self._asked(url, _written("GET", url, {"Accept": "*/*"}, None), timeouts, limit)

    async def _asked(self, url: URL, request: bytes, timeouts: Timeouts, limit: int) -> Answer:
        line = self._kept(_origin(url)) or await self._connected(_origin(url), timeouts.connect_s)
        try:
            return await line.ask(request, timeouts.read_s, limit)
        except BaseException:
            line.close()
            raise

    def _kept(self, origin: _Origin) -> _Line | None:
        """The connection used last, if it may still be used."""
        idle = self._idle[origin]
        while idle:
            line = idle.pop()
            if line.fresh():
                return line
            line.close()
        return None

    async def _connected(self, origin: _Origin, within_s: float) -> _Line:
        secure, host, port = origin
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within_s):
                _, line = await loop.create_connection(
                    lambda: _Line(self._idle[origin]), host, port, ssl=_trusting() if secure else None
                )
        except (OSError, TimeoutError) as error:
            raise NotConnected(type(error).__name__) from None
        return line


_Origin: TypeAlias = tuple[bool, str, int]
"""Whether it is TLS, host, port."""


class _Line(asyncio.Protocol):
    """One connection, with at most one request under way; `idle` is where it waits for the next one."""

    def __init__(self, idle: list[_Line]) -> None:
        self._idle = idle
        self._transport: asyncio.WriteTransport
        self._answered: asyncio.Future[Answer] | None = None
        self._used = 0.0
        self._limit = ANSWER_LIMIT_BYTES

    def fresh(self) -> bool:
        return not self._transport.is_closing() and time.monotonic() - self._used < IDLE_S

    def close(self) -> None:
        self._transport.abort()

    async def ask(self, request: bytes, within_s: float, limit: int) -> Answer:
        loop = asyncio.get_running_loop()
        self._answered, self._limit = loop.create_future(), limit
        self._begin()
        self._transport.write(request)
        alarm = loop.call_later(within_s, self._fail, "TimeoutError")
        try:
            return await self._answered
        finally:
            alarm.cancel()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: CIMultiDict[str] = CIMultiDict()
        self._body = b""
        self._headed = False

    def _fail(self, why: str) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(NoAnswer(why))

    # ------------------------------------------------------------ asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's own does not inherit asyncio's

    def data_received(self, data: bytes) -> None:
        if self._answered is None or self._answered.done():
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(type(error).__name__)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._idle:
            self._idle.remove(self)
        elif error is None and self._headed and not self._headers.keys() & _DELIMITED:
            self._complete()  # its end is the end of the connection
        else:
            self._fail("ConnectionResetError" if error is None else type(error).__name__)

    # ------------------------------------------------------------ httptools

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        self._headed = True

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > self._limit:
            self._fail("the answer is too long")

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._headers.clear()  # "wait": the answer follows
            self._headed = False
            return
        if self._parser.should_keep_alive() and self._answered is not None and not self._answered.done():
            self._used = time.monotonic()
            self._idle.append(self)
        else:
            self.close()
        self._complete()

    def _complete(self) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(Answer(self._parser.get_status_code(), self._headers, self._body))


_DELIMITED: Final = frozenset(("Content-Length", "Transfer-Encoding"))


def _origin(url: URL) -> _Origin:
    return url.scheme == "https", url.raw_host or "", url.port or 80


@functools.cache
def _trusting() -> ssl.SSLContext:
    """Certificates as the system believes them; read once."""
    return ssl.create_default_context()


def _written(method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> bytes:
    fields = {"Host": url.host_port_subcomponent or "", **headers}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    head = "".join([f"{name}: {value}\r\n" for name, value in fields.items()])
    if head.count("\n") != len(fields) or head.count("\r") != len(fields):
        raise ValueError("a header holds a line break")
    return f"{method} {url.raw_path_qs} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")
