"""The doors of the machinery on a real store: carriers' webhooks and the platform's events over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer
from standins.all import STANDINS
from standins.base import WEBHOOK_SECRET, Push, Standin
from support.bot import API_KEY, Journal, settings

from bot import compose, keys
from bot.receive.events import Events
from bot.receive.inbox import Inbox
from bot.receive.webhook import Webhooks
from bot.runtime import Runtime

BODY_LIMIT = 20_000
NEXT_SECRET = "the-next-webhook-secret"
NEXT_KEY = "the-next-sandbox-key"
NEXT_API_KEY = "the-next-api-key"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: str
    headers: dict[str, str]

    @property
    def problem(self) -> tuple[int, str, str]:
        """Status, reason and field of a problem; fails the test when it is not one."""
        assert self.content_type == "application/problem+json"
        told = json.loads(self.body)
        assert told["status"] == self.status
        assert told["title"]
        assert told["detail"]
        return self.status, told["type"].removeprefix("urn:dingdong:"), told.get("field", "")


@dataclass(frozen=True, slots=True)
class Door:
    """Posts to the doors; looks into the store behind them."""

    runtime: Runtime
    url: str
    http: ClientSession
    standins: dict[str, Standin]

    async def post(
        self,
        path: str,
        body: bytes,
        headers: dict[str, str],
        method: str = "POST",
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        async with self.http.request(method, self.url + path, data=body, headers=headers, params=query) as response:
            return await _answer(response)

    async def push(self, carrier: str, push: Push, account: str = "", secret: str = WEBHOOK_SECRET) -> Answer:
        """A webhook call of that carrier."""
        path = f"/webhooks/{account or carrier}/{secret}{push.path}"
        return await self.post(path, push.body, push.headers, push.method, push.query)

    async def event(self, event: Any, key: str = API_KEY, content_type: str = "application/cloudevents+json") -> Answer:
        """A call of the platform."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": content_type}
        return await self.post("/v1/events", body, headers)

    async def mail(self, number: str) -> list[dict[str, Any]]:
        """What waits for a person, without the store's stamps."""
        contact, shard = self.runtime.contact(number)  # type: ignore[arg-type]
        items = await self.runtime.store.command("LRANGE", keys.mail(shard, contact), 0, -1)
        return [json.loads(item.split(b" ", 1)[1]) for item in items]

    async def stored(self) -> list[str]:
        """Every key but those made at start."""
        names = [name.decode() for name in await self.runtime.store.command("KEYS", "*")]
        return sorted(name for name in names if name not in (keys.META, keys.FLOWS))

    def journal(self) -> Journal:
        return Journal(self.runtime.store)

    async def store_is_full(self, *, full: bool = True) -> None:
        await self.runtime.store.command("CONFIG", "SET", "maxmemory", "1" if full else "0")


async def _answer(response: ClientResponse) -> Answer:
    return Answer(response.status, response.content_type, await response.text(), dict(response.headers))


@pytest.fixture
async def door(tmp_path: Path, store_url: str, http: ClientSession) -> AsyncIterator[Door]:
    standins = {name: standin() for name, standin in STANDINS.items()}
    accounts = {name: one.table() | {"signature": "叮咚"} for name, one in standins.items()}
    rotating = {"webhook_secrets": [WEBHOOK_SECRET, NEXT_SECRET], "keys": ["sandbox-key", NEXT_KEY]}
    fenced = {**accounts["sandbox"], "addresses": ["10.9.8.0/24"]}
    given = settings(
        tmp_path,
        accounts=accounts
        | {"sandbox": accounts["sandbox"] | rotating, "fenced": fenced, "watched": {**fenced, "report_only": True}},
        web={"body_limit_bytes": BODY_LIMIT},
        receive={"mailbox_limit": 5},
        platform={"api_keys": [API_KEY, NEXT_API_KEY]},
    )
    async with compose.runtime(given, store_url) as runtime:
        inbox = Inbox(runtime)
        app = web.Application(client_max_size=given.web.body_limit_bytes)
        app.add_routes([*Webhooks(runtime, inbox).routes(), *Events(runtime, inbox).routes()])
        async with TestServer(app, host="127.0.0.1") as server:
            door = Door(runtime, str(server.make_url("")).rstrip("/"), http, standins)
            yield door
            await door.store_is_full(full=False)


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session
