"""The demo platform on its own server, a bot that takes its events, and calls as the bot's actions make them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.demo import DemoConfig, create_app

API_KEY = "key-of-the-bot"
PLATFORM_KEY = "key-of-the-shop"
SECRET_BYTES = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(SECRET_BYTES).decode()
CONTACT = "c0ffee" + "0" * 26
NOWHERE = "http://127.0.0.1:1"

Answer = tuple[int, dict[str, Any]]


@dataclass
class Bot:
    """Takes CloudEvents as /v1/events does. refusals: (status, detail) answered first, in order."""

    events: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    refusals: list[tuple[int, str]] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {API_KEY}"
        assert request.content_type == "application/cloudevents+json"
        if self.refusals:
            status, detail = self.refusals.pop(0)
            return web.json_response({"detail": detail}, status=status)
        self.events.put_nowait(await request.json())
        return web.json_response({"contact": CONTACT, "repeated": False}, status=202)

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.events.get(), 20)


@dataclass
class Shop:
    """One running shop, seen from outside."""

    url: str
    http: aiohttp.ClientSession

    async def call(self, path: str, key: str = "call-1", bearer: str = PLATFORM_KEY, **body: Any) -> Answer:
        """A decision, as an action sends it."""
        headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": key}
        async with self.http.post(f"{self.url}/api/{path}", json=body, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else {"text": await answer.text()}

    async def listings(self, contact: str = CONTACT) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {PLATFORM_KEY}"}
        async with self.http.get(f"{self.url}/api/listings", params={"contact": contact}, headers=headers) as answer:
            assert answer.status == 200
            listings: list[dict[str, Any]] = (await answer.json())["listings"]
            return listings

    async def press(self, button: str, status: int = 204, **fields: str) -> str:
        """A button of the shop's page."""
        async with self.http.post(f"{self.url}/do/{button}", data=fields) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text()

    async def faults(self, **faults: Any) -> int:
        headers = {"Authorization": f"Bearer {PLATFORM_KEY}"}
        async with self.http.post(f"{self.url}/test/faults", json=faults, headers=headers) as answer:
            return answer.status

    async def outcome(self, body: bytes, headers: Mapping[str, str]) -> int:
        async with self.http.post(f"{self.url}/outcomes", data=body, headers=headers) as answer:
            return answer.status

    async def page(self) -> str:
        async with self.http.get(self.url) as answer:
            assert answer.status == 200
            return await answer.text()


def signed(body: bytes, name: str = "out-1", at: float | None = None, key: bytes = SECRET_BYTES) -> dict[str, str]:
    """Headers as the specification's own libraries make them."""
    stamp = str(int(time.time() if at is None else at))
    signature = base64.b64encode(hmac.digest(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256)).decode()
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def outcome(type_: str = "offer.accepted", **data: Any) -> bytes:
    return json.dumps({"type": type_, "timestamp": "2026-11-22T12:00:00Z", "data": data}).encode()


@asynccontextmanager
async def running(bot_url: str = NOWHERE, file: Path | None = None, *, faults: bool = True) -> AsyncIterator[Shop]:
    """A shop while this lasts."""
    config = DemoConfig("http://shop.example.com", bot_url, API_KEY, PLATFORM_KEY, SECRET, file=file, faults=faults)
    async with TestServer(create_app(config)) as server, aiohttp.ClientSession() as http:
        yield Shop(str(server.make_url("")).rstrip("/"), http)


@pytest.fixture
async def bot() -> AsyncIterator[tuple[Bot, str]]:
    """A bot, and its address."""
    bot = Bot()
    app = web.Application()
    app.router.add_post("/v1/events", bot.receive)
    async with TestServer(app) as server:
        yield bot, str(server.make_url("")).rstrip("/")
