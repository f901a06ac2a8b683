"""What every stand-in shares: it takes sends, misbehaves as it is told, and calls a webhook on command."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import random
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

import aiohttp
from aiohttp import web

from bot.messages import Sendable
from flows import values
from flows.values import Value, to_plain

WEBHOOK_SECRET = "standin-webhook-secret"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that was taken. id: ours, as the bot gave it. to: E.164. content: what was to be said."""

    id: str
    to: str
    content: Any
    provider_id: str


class Push(Value, frozen=True):
    """One webhook call, ready: byte for byte what the provider would post.

    query: what it adds to the address. url: another address than the account's webhook, where we named one to it.
    path: what it puts behind the address.
    """

    headers: dict[str, str]
    body: bytes = b""
    method: str = "POST"
    query: Mapping[str, str] = values.field(default_factory=dict)
    url: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """How a webhook call ended. status 0: no answer. tries: how often it was made."""

    status: int
    body: bytes
    acknowledged: bool
    tries: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one send. taken: it is taken all the same, and only the answer is lost.

    silence: "hang" never answers, "cut" closes the connection; "" answers with status, headers and body.
    """

    status: int = 500
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    taken: bool = False
    silence: Literal["", "hang", "cut"] = ""


TIME_OUT = Fault(taken=True, silence="hang")
CUT = Fault(taken=True, silence="cut")


class Refusal(Exception):
    """A request the provider would not take: its HTTP status, its own code, and why."""

    def __init__(self, status: int, code: int | str, why: str) -> None:
        super().__init__(f"{status} {code}: {why}")
        self.status, self.code, self.why = status, code, why


class Standin(abc.ABC):
    """One provider. `sent` is what it took, in order; `refused` is why it refused; `faults` befall the next sends."""

    carrier: ClassVar[str]
    name: ClassVar[str] = ""
    """Of the dialect that is played, where a carrier speaks several."""
    key_field: ClassVar[str]
    """The setting of the account that holds the keys which sign what is pushed."""
    words: ClassVar[Mapping[str, str]]
    """Its words for "delivered" and "failed"; "read" where it has one. Empty: it reports nothing."""
    signs: ClassVar[bool] = True
    """Whether what it pushes carries a signature; else it is believed behind the secret path alone."""
    signs_the_body: ClassVar[bool] = True
    """False where what is signed is the call, not what it says."""
    also_posts_as: ClassVar[frozenset[str]] = frozenset()
    """Content types its documents or gateways have beside the one its pushes carry."""
    reply_ids: ClassVar[bool] = True
    """Whether a reply carries an id."""
    posts: ClassVar[bool] = True
    """Whether a reply is a body; else all of it is in the address, by GET."""
    keeps_ids: ClassVar[bool] = True
    """Whether a send carries our id."""

    def __init__(self, *, key: str, webhook: str = "", port: int = 0, receipts: bool = False) -> None:
        self.key = key
        self.webhook = webhook
        self.url = f"http://127.0.0.1:{port}"
        self.sent: list[Sent] = []
        self.refused: list[str] = []
        self.faults: deque[Fault] = deque()
        self._port, self._receipts, self._reported = port, receipts, 0
        self._closing, self._news = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[object]] = set()

    # ------------------------------------------------------------ the provider's own

    @abc.abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """The provider's API."""

    @abc.abstractmethod
    def table(self, **extra: Any) -> dict[str, Any]:
        """An account's table that speaks to this stand-in, for `bot.carriers.build`."""

    @abc.abstractmethod
    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        """What is posted when a person at that number says that."""

    @abc.abstractmethod
    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        """What is posted when that became of those messages, as few posts as the provider makes."""

    def registered(self, message: Sendable) -> Sendable:
        """The message as its card registered it here, with a provider that takes templates only."""
        return message

    def wrong_credentials(self) -> dict[str, Any]:
        """The settings of an account that this provider does not know."""
        return {self.key_field: ["nobody"]}

    def acknowledged(self, status: int, body: bytes) -> bool:
        """Would the provider be content with that answer?"""
        return status == 200

    # ------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 20)
        app.add_routes([*self.routes(), *self._controls()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._closing.set()  # lets what hangs go
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()
        await self._runner.cleanup()

    # ------------------------------------------------------------ in

    async def sending(self, request: web.Request, take: Callable[[], web.Response]) -> web.StreamResponse:
        """Answer a send that is in order: with the next fault if one is due, else by taking it."""
        fault = self.faults.popleft() if self.faults else None
        if fault is None:
            return take()
        if fault.taken:
            take()
        return await self.befall(request, fault)

    async def befall(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Answer as the fault says."""
        if fault.silence == "hang":
            await self._closing.wait()
        if fault.silence and request.transport is not None:
            request.transport.abort()
        return web.Response(status=fault.status, text=fault.body, headers=fault.headers)

    def take(self, sent: Sent) -> None:
        """Remember it; push its receipt if receipts are on."""
        self.sent.append(sent)
        self._news.set()
        if self._receipts:
            self._later(self._report(sent))

    async def taken(self, count: int) -> list[Sent]:
        """Wait until so many were taken."""
        while len(self.sent) < count:
            self._news.clear()
            await self._news.wait()
        return self.sent

    async def reported(self, count: int) -> None:
        """Wait until so many automatic receipts were posted."""
        while self._reported < count:
            self._news.clear()
            await self._news.wait()

    async def _report(self, sent: Sent) -> None:
        await self.push(*self.receipt_pushes([sent], self.words["delivered"]))
        self._reported += 1
        self._news.set()

    def _later(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------ out

    async def reply(self, number: str, text: str, webhook_url: str = "") -> Called:
        """A person says that; how the webhook took it."""
        [called] = await self.push(self.reply_push(number, text), to=webhook_url)
        return called

    async def push(
        self,
        *pushes: Push,
        to: str = "",
        copies: int = 1,
        shuffle: random.Random | None = None,
        tries: int = 1,
        pause_s: float = 0.05,
    ) -> list[Called]:
        """Post each to the webhook, one after another, and again until it is acknowledged or tries run out.

        to: the webhook's URL if it is not the usual one. copies: how often each is posted anyway.
        shuffle: mixes the order. Returns how each call ended, in the order they were made.
        """
        calls = [push for push in pushes for _ in range(copies)]
        if shuffle is not None:
            shuffle.shuffle(calls)
        return [await self._call(push, to or self.webhook, tries, pause_s) for push in calls]

    async def _call(self, push: Push, url: str, tries: int, pause_s: float) -> Called:
        called = Called(0, b"", acknowledged=False, tries=0)
        for attempt in range(1, tries + 1):
            if attempt > 1:
                await asyncio.sleep(pause_s)
            with contextlib.suppress(aiohttp.ClientError):
                async with self._http.request(
                    push.method,
                    (push.url or url) + push.path,
                    data=push.body or None,
                    headers=push.headers,
                    params=push.query,
                ) as response:
                    status, body = response.status, await response.read()
                    called = Called(status, body, self.acknowledged(status, body), attempt)
            if called.acknowledged:
                break
        return called

    # ------------------------------------------------------------ by remote control

    def _controls(self) -> list[web.RouteDef]:
        return [
            web.get("/standin/sent", self._on_sent),
            web.post("/standin/reply", self._on_reply),
            web.post("/standin/receipts", self._on_receipts),
            web.post("/standin/faults", self._on_faults),
        ]

    async def _on_sent(self, request: web.Request) -> web.Response:
        """?from=N: what was taken, from the Nth on."""
        first = int(request.query.get("from", "0"))
        return web.json_response({"count": len(self.sent), "sent": [to_plain(one) for one in self.sent[first:]]})

    async def _on_reply(self, request: web.Request) -> web.Response:
        """{"number", "text"}: a person says that. Answers how the webhook took it."""
        said = await request.json()
        called = await self.reply(said["number"], said["text"])
        return web.json_response({"status": called.status, "acknowledged": called.acknowledged})

    async def _on_receipts(self, request: web.Request) -> web.Response:
        """{"ids": […], "status": "delivered"}: that became of those messages."""
        told = await request.json()
        chosen = [one for one in self.sent if one.id in told["ids"]]
        called = await self.push(*self.receipt_pushes(chosen, self.words[told.get("status", "delivered")]))
        return web.json_response({"acknowledged": all(one.acknowledged for one in called)})

    async def _on_faults(self, request: web.Request) -> web.Response:
        """[{"status": 429, …}, …]: what befalls the next sends, in the fields of `Fault`."""
        self.faults.extend(Fault(**fault) for fault in await request.json())
        return web.json_response({"faults": len(self.faults)})


def fresh_id() -> str:
    """An id as providers make them: 32 hex digits."""
    return uuid.uuid4().hex
