"""The product as its users meet it: `bot serve` and a platform as processes, phones and providers over HTTP."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from standins.base import WEBHOOK_SECRET, Sent, Standin
from standins.sandbox import SandboxStandin
from support.bot import ANNE, API_KEY, HANG_S, MASTER_KEY, until
from support.ports import free_port

from bot.messages import PhoneNumber

ROOT = Path(__file__).parents[2]
PLATFORM_KEY = "platform-key-of-the-tests"
OUTCOME_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()
LIMITS = {"retry_after": ["PT1S"], "call_deadline": "PT10M"}
"""A platform that does not answer is asked again after a second."""


@dataclass
class Process:
    """One of our commands; what it says on stderr is kept."""

    command: list[str]
    environment: dict[str, str]
    said: Path
    _process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        with self.said.open("ab") as said:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *self.command, cwd=ROOT, env=os.environ | self.environment, stdout=said, stderr=said
            )

    async def stop(self) -> int | None:
        """SIGTERM, and its exit code; None when it was never started."""
        if self._process is None:
            return None
        if self._process.returncode is None:
            self._process.terminate()
        async with asyncio.timeout(HANG_S):
            return await self._process.wait()


@dataclass
class Person:
    """Somebody with a phone. hears: what came since the last time they looked, in the order it came."""

    standin: Standin
    number: PhoneNumber = ANNE
    seen: int = 0

    async def hears(self) -> Sent:
        """The next message for this phone."""
        async with asyncio.timeout(HANG_S):
            while True:
                for n, sent in enumerate(self.standin.sent[self.seen :], self.seen + 1):
                    if sent.to == self.number:
                        self.seen = n
                        return sent
                await self.standin.taken(len(self.standin.sent) + 1)

    def unheard(self) -> list[Sent]:
        return [sent for sent in self.standin.sent[self.seen :] if sent.to == self.number]

    async def says(self, text: str) -> None:
        called = await self.standin.reply(self.number, text)
        assert called.acknowledged, called

    async def taps(self, sent: Sent, label: str) -> None:
        """The button of a card that says that."""
        assert isinstance(self.standin, SandboxStandin)
        (postback,) = [found["postbackData"] for found in buttons(sent.content) if found["text"] == label]
        (called,) = await self.standin.push(self.standin.tap_push(self.number, postback, label))
        assert called.acknowledged, called


def buttons(content: Any) -> list[dict[str, str]]:
    """The reply buttons of an RBM content, in order."""
    if isinstance(content, dict):
        own = [content["reply"]] if "reply" in content else []
        return own + [found for value in content.values() for found in buttons(value)]
    return [found for value in content for found in buttons(value)] if isinstance(content, list) else []


def words(sent: Sent) -> str:
    """All that a message says, as text or card."""
    return sent.content if isinstance(sent.content, str) else json.dumps(sent.content, ensure_ascii=False)


@dataclass
class House:
    """The bot and the shop it works for. data: the bot's folder."""

    data: Path
    bot: Process
    shop: Process
    bot_url: str
    shop_url: str
    http: aiohttp.ClientSession

    async def books(self) -> dict[str, Any]:
        """The shop's own books, as it keeps them."""
        kept: dict[str, Any] = json.loads(await asyncio.to_thread((self.data / "shop.json").read_text))
        return kept

    async def when(self, true: Callable[[dict[str, Any]], Any]) -> Any:
        """What `true` finds in the shop's books, once it is something."""

        async def look() -> Any:
            return true(await self.books())

        return await until(look)

    async def offer(self, state: str, code: str = "3287") -> dict[str, Any]:
        """The newest offer on an item, once it is in that state."""

        def newest(books: dict[str, Any]) -> Any:
            offers = [one for one in books["offers"].values() if books["listings"][one["listing"]]["item"] == code]
            return offers[-1] if offers[-1]["state"] == state else None

        found: dict[str, Any] = await self.when(newest)
        return found

    async def outcome(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The newest outcome of a type that the shop received, once there are so many; each came once."""

        def received(books: dict[str, Any]) -> Any:
            assert books["forged"] == 0
            found = [one for one in books["received"] if one["type"] == kind]
            return found if len(found) == count else None

        found = await self.when(received)
        assert all(one["times"] == 1 for one in found)
        newest: dict[str, Any] = found[-1]
        return newest

    async def do(self, what: str, **form: str) -> None:
        """Press a button of the shop's page."""
        async with self.http.post(f"{self.shop_url}/do/{what}", data=form) as answer:
            assert answer.status == 204, await answer.text()

    async def faults(self, **faults: Any) -> None:
        """How the shop's API misbehaves from now on."""
        headers = {"Authorization": f"Bearer {PLATFORM_KEY}"}
        async with self.http.post(f"{self.shop_url}/test/faults", json=faults, headers=headers) as answer:
            assert answer.status == 204

    async def ready(self, url: str) -> None:
        async def answers() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                async with self.http.get(url) as answer:
                    return answer.status == 200
            return False

        await until(answers)


def webhook(port: int, account: str) -> str:
    return f"http://127.0.0.1:{port}/webhooks/{account}/{WEBHOOK_SECRET}"


@asynccontextmanager
async def house(
    *standins: Standin, port: int, processes: int = 1, ends: int = 0, **environment: str
) -> AsyncIterator[House]:
    """`bot serve` on that port with these providers, and a shop that has just had an offer made on Anne's watch.

    ends: the exit code that `bot serve` must end with. environment: settings besides.
    """
    shop_port = free_port()
    bot_url, shop_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{shop_port}"
    data = Path(tempfile.mkdtemp(prefix="dd-"))  # short: the store's socket is in it
    accounts = {one.carrier: one.table(signature="拾光寄售") for one in standins}
    told = {
        "DINGDONG_DATA": str(data),
        "DINGDONG_MASTER_KEY": MASTER_KEY,
        "DINGDONG_ACCOUNTS": json.dumps(accounts),
        "DINGDONG_PLATFORM": json.dumps({"api_keys": [API_KEY], "url": shop_url, "key": PLATFORM_KEY}),
        "DINGDONG_OUTCOMES": json.dumps({"url": f"{shop_url}/outcomes", "secrets": [OUTCOME_SECRET]}),
        "DINGDONG_LIMITS": json.dumps(LIMITS),
        "DINGDONG_WEB__PORT": str(port),
        **environment,
    }
    keys = {"DEMO_API_KEY": API_KEY, "DEMO_PLATFORM_KEY": PLATFORM_KEY, "DEMO_OUTCOME_SECRET": OUTCOME_SECRET}
    demo = ["-m", "bot.demo", "--port", str(shop_port), "--bot", bot_url, "--file", str(data / "shop.json"), "--faults"]
    bot = Process(["-m", "bot", "serve", "--processes", str(processes)], told, data / "bot.log")
    shop = Process(demo, keys, data / "shop.log")
    try:
        async with aiohttp.ClientSession() as http:
            made = House(data, bot, shop, bot_url, shop_url, http)
            await bot.start()
            try:
                await made.ready(f"{bot_url}/readyz")
                await shop.start()
                await made.ready(shop_url)
                yield made
            finally:
                codes = await asyncio.gather(bot.stop(), shop.stop())
            assert codes[0] == ends, (data / "bot.log").read_text()
    finally:
        shutil.rmtree(data)


@asynccontextmanager
async def sandboxed(
    *no_rcs: PhoneNumber, processes: int = 1, ends: int = 0
) -> AsyncIterator[tuple[SandboxStandin, House]]:
    """A house whose only account is the sandbox; every message is delivered. no_rcs: phones with RCS off."""
    port = free_port()
    async with SandboxStandin(webhook=webhook(port, "sandbox"), receipts=True) as phone:
        phone.no_rcs |= set(no_rcs)
        async with house(phone, port=port, processes=processes, ends=ends) as home:
            yield phone, home
