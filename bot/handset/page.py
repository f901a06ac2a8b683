"""The phone's page and what it shows live.

An open page is a phone that is switched on: what waits for it is delivered, and read once it is on the screen.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from bot.handset.config import HandsetConfig
from bot.handset.directory import Directory
from bot.handset.line import Line
from bot.handset.phones import LINE, TYPING, PhoneId, Phones, Shown, now_ms
from bot.handset.words import TRY
from bot.pages import Face, Language, Live, gone, language_of, stream

CURSOR: Final = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)
"""A stream id, as our own pages send it back."""
THEMES: Final = ("light", "dark")


class Page:
    """The reading half of what is under /handset."""

    def __init__(self, phones: Phones, line: Line, directory: Directory, face: Face, config: HandsetConfig) -> None:
        self._phones = phones
        self._line = line
        self._directory = directory
        self._face = face
        self._config = config

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/handset", self._page),
            web.get("/handset/events", self._events),
            self._face.static_route(),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        language = language_of(request)
        phone = PhoneId(request.query.get("phone", "")) or self._directory.first
        if phone not in await self._directory.numbers():
            raise web.HTTPNotFound(text=self._face.say(language, "unknown_phone"))
        after = await self._phones.cursor(phone)  # before the items: a change in between is drawn twice, not never
        theme = request.cookies.get("theme", "")
        return self._face.page(
            request,
            "handset.html",
            phone=phone,
            phones=await self._directory.choices(language),
            after=after,
            brand=self._directory.brand(language),
            tries=TRY,
            links=self._config.links,
            theme=theme if theme in THEMES else "auto",
            rcs=await self._phones.rcs(phone),
            items=await self._phones.items(phone),
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        phone = PhoneId(request.query.get("phone", ""))
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        if not CURSOR.fullmatch(after):
            after = await self._phones.cursor(phone)
        return await stream(request, self._updates(request, phone, after))

    async def _updates(self, request: web.Request, phone: PhoneId, after: str) -> AsyncIterator[Live | None]:
        language = language_of(request)
        for shown in await self._phones.items(phone):
            await self._deliver(phone, shown)
        async for change in self._phones.changes(phone, after):
            if gone(request):
                return  # the phone was switched off: what came now is not delivered
            yield await self._live(phone, *change, language) if change else None

    async def _live(self, phone: PhoneId, cursor: str, what: str, language: Language) -> Live | None:
        """What an open page is told of one change."""
        if what == TYPING:
            typing_ms = int(self._config.typing_s * 1000)
            recent = time.time() * 1000 - int(cursor.partition("-")[0]) < typing_ms
            return Live("typing", {"ms": typing_ms}, cursor) if recent else None
        rcs = await self._phones.rcs(phone)
        if what == LINE:
            items = await self._phones.items(phone)
            html, texts = (self._face.fragment(f, language, items=items, rcs=rcs) for f in ("talk.html", "texts.html"))
            return Live("talk", {"rcs": rcs, "html": html, "texts": texts}, cursor)
        shown = await self._phones.item(phone, what)
        if shown is None:
            return None
        await self._deliver(phone, shown)
        html, text = (self._face.fragment(f, language, one=shown, rcs=rcs) for f in ("bubble.html", "text.html"))
        return Live("bubble", {"html": html, "text": text}, cursor)

    async def _deliver(self, phone: PhoneId, shown: Shown) -> None:
        """The phone is on: what waited for it arrives, or is too late."""
        if not shown.waiting:
            return
        late = shown.item.expires_at is not None and shown.item.expires_at < now_ms()
        if await self._phones.mark(phone, shown.item.id, "expired" if late else "delivered"):
            await self._line.receipt(phone, shown.item.id, "failed" if late else "delivered", "expired" if late else "")
