"""The console on a real store and a real ledger, and entries as a conversation leaves them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import argon2
import pytest
import redis.asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from support.entries import ANNE, attempt, out, receipt, status, streamed, turn

from bot.console import ConsoleConfig, setup
from bot.deliver.accounts import Stopped
from bot.messages import AccountName
from bot.record.journal import Entry
from bot.record.ledger import Ledger

PASSWORD = "correct horse battery staple"
HASH = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

CARD: dict[str, Any] = {
    "richCard": {
        "standaloneCard": {
            "cardContent": {
                "title": "有人出价 ¥15,200",
                "description": "您寄售的腕表有买家出价。",
                "suggestions": [{"reply": {"text": "接受", "postbackData": "p"}}],
            }
        }
    }
}
READING: dict[str, Any] = {
    "intent": "counter_offer",
    "rule": "numbers.price",
    "why": "说了一个价",
    "slots": {"price": "16000"},
    "candidates": [{"intent": "affirm", "slots": {}, "rule": "choices.digit", "turned_down": "超出选项"}],
}


def story(contact: str = ANNE) -> list[Entry | list[Entry]]:
    """An offer is asked as a card, read, and answered with another price."""
    card = attempt(contact=contact, form="rbm")
    card["rich"] = CARD
    return [
        [out(contact=contact)],
        card,
        status("sent", contact=contact),
        receipt("delivered", contact=contact),
        receipt("read", contact=contact),
        turn(
            contact=contact, before="consignment/offer/asked", after="consignment/offer/countered", readings=[READING]
        ),
    ]


@dataclass
class Console:
    """One console, its ledger and a browser that may be logged in."""

    url: str
    http: aiohttp.ClientSession
    ledger: Ledger
    redis: redis.asyncio.Redis
    stopped: dict[AccountName, Stopped] = field(default_factory=dict)

    async def told_stopped(self) -> dict[AccountName, Stopped]:
        return self.stopped

    async def record(self, *commits: Entry | list[Entry], start: int = 0) -> None:
        """What the recorder would write."""
        await self.ledger.record(streamed(*commits, start=start), await self.ledger.progress())

    async def log_in(self, password: str = PASSWORD, **headers: str) -> aiohttp.ClientResponse:
        data = {"password": password}
        return await self.http.post(f"{self.url}/console/login", data=data, headers=headers, allow_redirects=False)

    async def get(self, path: str = "", status: int = 200) -> str:
        async with self.http.get(f"{self.url}/console{path}", allow_redirects=False) as answer:
            assert answer.status == status
            return await answer.text()


@pytest.fixture
async def console(store_url: str, tmp_path: Path) -> AsyncIterator[Console]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    await ledger.open()
    app = web.Application()
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address, not only of a name
    async with redis.asyncio.Redis.from_url(store_url) as client, aiohttp.ClientSession(cookie_jar=jar) as http:
        console = Console("", http, ledger, client)
        setup(app, client, ledger, console.told_stopped, ConsoleConfig(HASH))
        async with TestServer(app) as server:
            console.url = str(server.make_url("")).rstrip("/")
            yield console
    await ledger.close()
