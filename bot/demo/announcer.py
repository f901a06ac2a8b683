"""Events to the bot: CloudEvents 1.0, structured mode, in order, repeated until they are taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import structlog
from aiohttp import web

from bot.demo.model import Sent
from bot.demo.shop import Shop
from bot.pages import end

log = structlog.get_logger()

SOURCE: Final = "/demo/shiguang"
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 5.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


class Announcer:
    """Sends what waits in the shop's log, oldest first."""

    def __init__(self, shop: Shop, bot_url: str, api_key: str) -> None:
        self._shop = shop
        self._url = f"{bot_url.rstrip('/')}/v1/events"
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/cloudevents+json"}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def working(self, _: web.Application) -> AsyncIterator[None]:
        """An aiohttp cleanup context: sends while the application runs."""
        task = asyncio.create_task(self._work())
        yield
        await end([task])

    async def _work(self) -> None:
        pause = _FIRST_PAUSE_S
        async with aiohttp.ClientSession(timeout=_TIMEOUT, headers=self._headers) as http:
            while True:
                self._wake.clear()
                sent = next((one for one in self._shop.state.sent if one.state == "waiting"), None)
                if sent is None:
                    await self._wake.wait()
                elif await self._send(http, sent):
                    pause = _FIRST_PAUSE_S
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _send(self, http: aiohttp.ClientSession, sent: Sent) -> bool:
        """One attempt; True when it is settled: taken, or refused for good (4xx)."""
        try:
            async with http.post(self._url, data=json.dumps(cloud_event(sent), ensure_ascii=False)) as answer:
                body = await answer.json(content_type=None) if answer.status < 500 else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.info("demo_bot_unreachable", error=type(error).__name__)
            return False
        if answer.status >= 500 or answer.status == 429:
            log.info("demo_event_repeated", status=answer.status)
            return False
        if answer.status >= 400:
            self._shop.refused(sent, f"{answer.status} {body.get('detail', '')}".strip())
        else:
            self._shop.took(sent, str(body.get("contact", "")))
        return True


def cloud_event(sent: Sent) -> dict[str, object]:
    """The event as it goes over the wire."""
    return {
        "specversion": "1.0",
        "id": sent.id,
        "source": SOURCE,
        "type": sent.type,
        "time": sent.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"to": sent.to, **sent.data},
    }
