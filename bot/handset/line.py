"""What the network owes the bot: signed webhooks in order, repeated until they are taken.

Owner of `handset:owed`: list of {"phone", "own", "item"} JSON, oldest first; emptied by whichever web process
gets there. A crash repeats the head, which the bot knows by the item's id. That somebody is typing is tried once:
it is not true any more when the bot is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
import redis.asyncio
import structlog
from aiohttp import web
from pydantic import JsonValue

from bot.handset.config import HandsetConfig
from bot.handset.phones import PhoneId, Phones
from bot.pages import end

log = structlog.get_logger()

_OWED: Final = "handset:owed"
_IDLE_S: Final = 1.0
"""How often the list is looked at when nothing wakes us: another process may have left something."""
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


class Line:
    """The way from the phones to one bot."""

    def __init__(
        self, redis: redis.asyncio.Redis, http: aiohttp.ClientSession, phones: Phones, config: HandsetConfig
    ) -> None:
        self._redis: Any = redis  # redis-py types each answer as "awaitable or not"
        self._http = http
        self._phones = phones
        self._url = config.webhook_url
        self._key = config.key.encode()
        self._wake = asyncio.Event()

    async def owe(self, phone: PhoneId, item: dict[str, JsonValue], own: str = "") -> None:
        """Queue one webhook item. own: the id of the person's own bubble it stands for, marked once taken."""
        await self._redis.rpush(_OWED, json.dumps({"phone": phone, "own": own, "item": item}, ensure_ascii=False))
        self._wake.set()

    async def receipt(self, phone: PhoneId, message: str, status: str, error: str = "") -> None:
        """Owe what became of one of the bot's messages."""
        receipt = {"type": "receipt", "id": f"{message}-{status}", "message": message, "status": status}
        await self.owe(phone, {**receipt, "provider_id": f"hs-{message}", "error": error})

    async def working(self, _: web.Application) -> AsyncIterator[None]:
        """An aiohttp cleanup context: works the list off while the application runs."""
        task = asyncio.create_task(self._work())
        yield
        await end([task])

    async def _work(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            self._wake.clear()
            head = await self._head()
            if head is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _IDLE_S)
            elif await self._settle(head):
                pause = _FIRST_PAUSE_S
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _head(self) -> bytes | None:
        """The oldest thing owed. A store that is away is waited for, like an empty list."""
        try:
            head: bytes | None = await self._redis.lindex(_OWED, 0)
        except redis.asyncio.RedisError as error:
            log.warning("handset_store_away", error=type(error).__name__)
            return None
        return head

    async def _settle(self, head: bytes) -> bool:
        """Post the head; True when it is off the list: taken, refused for good (4xx), or not worth a second try."""
        owed = json.loads(head)
        try:
            status = await self._post(owed["item"])
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("handset_webhook_failed", error=type(error).__name__)
            status = 503
        if (status >= 500 or status == 429) and owed["item"]["type"] != "typing":
            log.info("handset_webhook_repeated", status=status)
            return False
        if status >= 400:
            log.warning("handset_webhook_refused", status=status, item=owed["item"]["type"])
        if owed["own"]:
            await self._phones.mark(PhoneId(owed["phone"]), owed["own"], "refused" if status >= 400 else "taken")
        await self._redis.lrem(_OWED, 1, head)
        return True

    async def _post(self, item: dict[str, JsonValue]) -> int:
        body = json.dumps({"items": [item]}, ensure_ascii=False).encode()
        signature = hmac.digest(self._key, body, hashlib.sha256).hex()
        headers = {"Content-Type": "application/json", "X-Sandbox-Signature": signature}
        async with self._http.post(self._url, data=body, headers=headers, timeout=_TIMEOUT) as answer:
            return answer.status
