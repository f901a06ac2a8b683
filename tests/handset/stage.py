"""A handset on a real store, a bot that listens with the real carrier, and that carrier to send with."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import redis.asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from handset import files
from support.sse import Event, events

from bot.carriers.http import Http
from bot.carriers.sandbox import Sandbox, SandboxSettings
from bot.handset import HandsetConfig, setup
from bot.handset.phones import PhoneId, Phones
from bot.ids import message_id
from bot.messages import Accepted, AccountName, ContactId, Item, Kind, MessageId, PhoneNumber, Sendable, WebhookRequest

KEY = "sandbox-key-of-the-tests"
LIN = PhoneNumber("+8613800138000")
CHEN = PhoneNumber("+8613900139000")
PIXEL = "https://pictures.example.com/watch.svg"

OFFER: dict[str, Any] = {
    "richCard": {
        "standaloneCard": {
            "cardOrientation": "VERTICAL",
            "cardContent": {
                "title": "有人出价 ¥15,200",
                "description": "您寄售的腕表（编号#3287）有买家出价 ¥15,200。",
                "suggestions": [
                    {"reply": {"text": "接受", "postbackData": "ask:t1.1:affirm"}},
                    {"reply": {"text": "拒绝", "postbackData": "ask:t1.1:deny"}},
                    {
                        "action": {
                            "text": "查看商品",
                            "postbackData": "open",
                            "openUrlAction": {"url": "https://shop.example.com/items/3287"},
                        }
                    },
                ],
            },
        }
    }
}
OFFER_TEXT = "【拾光寄售】您寄售的腕表（编号#3287）有买家出价¥15,200。回复1接受 2拒绝"


@dataclass
class Bot:
    """Takes the handset's webhooks as the real one does. refusals: statuses answered first, in order."""

    carrier: Sandbox
    items: asyncio.Queue[Item] = field(default_factory=asyncio.Queue)
    refusals: list[int] = field(default_factory=list)
    calls: int = 0

    async def receive(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.refusals:
            return web.Response(status=self.refusals.pop(0))
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = WebhookRequest("POST", headers, {}, await request.read(), "127.0.0.1", datetime.now(UTC))
        self.carrier.verify(call)
        for item in self.carrier.parse(call).items:
            self.items.put_nowait(item)
        return web.Response()

    async def next(self) -> Item:
        """The next thing the handset reported."""
        return await asyncio.wait_for(self.items.get(), 20)


@dataclass
class Stage:
    """Everything a test of the handset touches. files: where the pictures on its cards are."""

    url: str
    files: str
    http: aiohttp.ClientSession
    providers: Http
    bot: Bot
    carrier: Sandbox
    phones: Phones
    redis: redis.asyncio.Redis
    app: web.Application

    @property
    def lin(self) -> PhoneId:
        return self.phones.id_of(LIN)

    async def send(
        self,
        rich: dict[str, Any] | None = None,
        text: str = OFFER_TEXT,
        *,
        to: PhoneNumber = LIN,
        id_: MessageId | None = None,
        ttl_s: int | None = None,
    ) -> tuple[MessageId, Accepted]:
        """A message through the real carrier. Raises what that raises."""
        message = id_ or message_id(3, ContactId("a" * 32), uuid.uuid4().hex)
        form = "rbm" if rich else "text"
        sendable = Sendable(message, to, Kind.TRANSACTIONAL, form, text, rich, ttl_s)  # type: ignore[arg-type]
        return message, await self.carrier.send(self.providers, sendable)

    async def act(self, what: str, status: int = 204, **fields: str) -> str:
        """What a person does on Lin's phone; the answer's text."""
        async with self.http.post(f"{self.url}/handset/{what}", data={"phone": self.lin, **fields}) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text()

    async def page(self, **query: str) -> str:
        """The page as it is drawn now; drawing alone switches no phone on."""
        async with self.http.get(f"{self.url}/handset", params=query) as answer:
            assert answer.status == 200
            return await answer.text()

    async def watch(self, **query: str) -> AsyncGenerator[Event, None]:
        """What an open page is sent. The phone is on while this is read."""
        query = {"phone": self.lin, "after": await self.phones.cursor(self.lin), **query}
        async with self.http.get(f"{self.url}/handset/events", params=query) as response:
            async for event in events(response):
                yield event


@pytest.fixture
async def stage(store_url: str) -> AsyncIterator[Stage]:
    async with (
        redis.asyncio.Redis.from_url(store_url) as client,
        aiohttp.ClientSession() as http,
        Http() as providers,
    ):
        network = "http://127.0.0.1:{port}/handset/network"
        bot = Bot(_carrier("http://127.0.0.1:1"))
        hooks = web.Application()
        hooks.router.add_post("/webhooks/sandbox/secret", bot.receive)
        hooks.add_routes([files.route()])
        async with TestServer(hooks) as listening:
            app = web.Application()
            webhook = str(listening.make_url("/webhooks/sandbox/secret"))
            people = ((LIN, "林悦"), (CHEN, "陈凯"))
            origin = str(listening.make_url("")).rstrip("/")
            setup(app, client, http, HandsetConfig(KEY, webhook, people, brand="拾光寄售", images=("https:", origin)))
            async with TestServer(app) as serving:
                carrier = _carrier(network.format(port=serving.port))
                phones, url = Phones(client, KEY), str(serving.make_url(""))
                yield Stage(url, f"{origin}/files", http, providers, bot, carrier, phones, client, app)


def _carrier(base_url: str) -> Sandbox:
    table = {"carrier": "sandbox", "base_url": base_url, "keys": [KEY], "webhook_secrets": ["secret-of-16-characters"]}
    return Sandbox(AccountName("sandbox"), SandboxSettings.model_validate(table))
