"""The very commands and settings docker-compose.yml names, as plain processes: one event, all the way through."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from deploy.compose_file import ROOT, load
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from standins.base import WEBHOOK_SECRET
from standins.sandbox import SandboxStandin
from support.ports import free_port

from bot.launcher import find_server
from bot.serve import ROLES

Found = TypeVar("Found")

API_KEY = "platform-api-key"
NUMBER = "+8613800138000"
HANG_S = 90
"""Long enough for any machine: what takes longer hangs."""

OFFER = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/shop",
    "type": "offer.made",
    "data": {
        "to": NUMBER,
        "revision": 1,
        "offer_id": "O-17",
        "item": {
            "code": "3287",
            "category": "腕表",
            "name": "Submariner",
            "photo": "https://shop.test/3287.jpg",
            "url": "https://shop.test/3287",
        },
        "price": "15200.00",
        "expires_at": "2099-01-01T00:00:00Z",
    },
}


@asynccontextmanager
async def process(words: Sequence[str], environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that runs while the context is open; told to stop as an engine would, it must do so well."""
    started = await asyncio.create_subprocess_exec(*words, env=environment, cwd=ROOT)
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
        async with asyncio.timeout(HANG_S):
            assert await started.wait() == 0, words


async def until(look: Callable[[], Awaitable[Found]]) -> Found:
    """What `look` finds, as soon as it finds something; what is not there yet is looked for again."""
    async with asyncio.timeout(HANG_S):
        while True:
            try:
                if found := await look():
                    return found
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


def in_this_place(words: Sequence[str], port: int) -> list[str]:
    """A container's command on this machine: our Python, a port that is free here."""
    return [sys.executable if word == "python" else word.replace(":8080", f":{port}") for word in words]


def entrypoint() -> list[str]:
    found = re.search(r"^ENTRYPOINT (.*)$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert found
    words: list[str] = json.loads(found[1])
    return words


class Deployment:
    """What the file describes, on one machine: hosts become sockets and free ports, nothing else changes."""

    def __init__(self, folder: Path, database_url: str, carrier: SandboxStandin) -> None:
        environment = {
            "POSTGRES_PASSWORD": "secret",
            "DINGDONG_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
            "DINGDONG_ACCOUNTS": json.dumps({"sandbox": carrier.table()}),
            "DINGDONG_PLATFORM__API_KEYS": json.dumps([API_KEY]),
        }
        self._services: dict[str, Any] = load(environment)["services"]
        self._folder = folder
        self._database_url = database_url
        self._ports = {role: free_port() for role in ROLES}
        self.web = f"http://127.0.0.1:{self._ports['web']}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Store first, then the roles; healthy, as the file's own checks find, before anything is sent."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(process(self._store(), {}))
            await until(self._store_answers)
            started = {}
            for role in ROLES:
                words = in_this_place([*entrypoint(), *self._services[role]["command"]], 0)
                started[role] = await stack.enter_async_context(process(words, self._environment(role)))
            for role in ROLES:
                await until(partial(self._healthy, role, started[role]))
            yield

    def _store(self) -> list[str]:
        _, *options = shlex.split(self._services["redis"]["command"])
        server = shutil.which("redis-server") or str(find_server())
        here = ["--port", "0", "--unixsocket", f"{self._folder}/redis.sock", "--dir", str(self._folder)]
        return [server, *options, *here]

    async def _store_answers(self) -> bool:
        async with Redis(unix_socket_path=f"{self._folder}/redis.sock") as redis:
            try:
                return bool(await redis.ping())
            except RedisError:
                return False

    def _environment(self, role: str) -> dict[str, str]:
        environment: dict[str, str] = self._services[role]["environment"]
        hosts = {
            "redis://redis:6379/0": f"unix://{self._folder}/redis.sock",
            "postgresql://dingdong:secret@postgres:5432/dingdong": self._database_url,
            "0.0.0.0": "127.0.0.1",
            "8080": str(self._ports[role]),
        }
        assert set(hosts) <= set(environment.values())
        return {name: hosts.get(value, value) for name, value in environment.items()}

    async def _healthy(self, role: str, started: asyncio.subprocess.Process) -> bool:
        assert started.returncode is None, f"{role} ended with {started.returncode}"
        kind, *words = self._services[role]["healthcheck"]["test"]
        assert kind == "CMD"
        check = await asyncio.create_subprocess_exec(
            *in_this_place(words, self._ports[role]), stderr=asyncio.subprocess.DEVNULL
        )
        return await check.wait() == 0


@pytest.mark.postgres
async def test_one_event_goes_all_the_way(tmp_path: Path, postgres_url: str) -> None:
    """Web takes it, a worker asks, a sender sends, the receipt is recorded; SIGTERM ends each of them well."""
    async with (
        SandboxStandin() as carrier,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {API_KEY}"}) as platform,
    ):
        deployment = Deployment(tmp_path, postgres_url, carrier)
        carrier.webhook = f"{deployment.web}/webhooks/sandbox/{WEBHOOK_SECRET}"
        async with deployment.running():
            async with platform.post(f"{deployment.web}/v1/events", json=OFFER) as answer:
                assert answer.status == 202, await answer.text()

            async def sent() -> bool:
                return bool(carrier.sent)

            await until(sent)
            [message] = carrier.sent
            assert message.to == NUMBER
            [told] = await carrier.push(*carrier.receipt_pushes([message], "delivered"))
            assert told.acknowledged
            assert await until(lambda: recorded(postgres_url, message.id)) == "delivered"


async def recorded(database_url: str, message: str) -> str:
    """The status the ledger has for a message, once it is past sending."""
    engine = create_async_engine(database_url.replace("postgresql:", "postgresql+asyncpg:"))
    try:
        async with engine.connect() as connection:
            row = await connection.execute(text("SELECT status FROM messages WHERE id = :id"), {"id": message})
            status = row.scalar()
    finally:
        await engine.dispose()
    return status if status in ("delivered", "read", "failed") else ""
