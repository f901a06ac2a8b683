"""The browser's side of the phone: the page, what it shows live, what a person does with it.

An open page is a phone that is switched on: what waits for it is delivered, and read once it is on the screen.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.handset.config import HandsetConfig
from bot.handset.content import Content
from bot.handset.line import Line
from bot.handset.phones import LINE, Item, PhoneId, Phones, Shown, now_ms
from bot.handset.words import TRY, WORDS
from bot.pages import Face, Language, Live, gone, language_of, same_origin, setup_live, stream

TEXT_LIMIT: Final = 2000
"""Characters one message of the person may have."""

CURSOR: Final = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)
"""A stream id, as our own pages send it back."""


class Page:
    """What is under /handset, the carrier's calls apart."""

    def __init__(self, phones: Phones, line: Line, config: HandsetConfig) -> None:
        self._phones = phones
        self._line = line
        self._config = config
        self._names = dict(config.phones)
        self._face = Face(Path(__file__).parent, "/handset", WORDS, config.images)

    def mount(self, app: web.Application) -> None:
        setup_live(app)
        app.add_routes(
            [
                web.get("/handset", self._page),
                web.get("/handset/events", self._events),
                web.post("/handset/say", self._say),
                web.post("/handset/tap", self._tap),
                web.post("/handset/read", self._read),
                web.post("/handset/rcs", self._rcs),
                web.post("/handset/typing", self._typing),
                self._face.static_route(),
            ]
        )

    async def _page(self, request: web.Request) -> web.Response:
        numbers = await self._numbers()
        phone = PhoneId(request.query.get("phone", "")) or self._phones.id_of(next(iter(self._names)))
        if phone not in numbers:
            raise web.HTTPNotFound(text=self._face.say(language_of(request), "unknown_phone"))
        after = await self._phones.cursor(phone)  # before the items: a change in between is drawn twice, not never
        return self._face.page(
            request,
            "handset.html",
            phone=phone,
            phones=self._choices(numbers, language_of(request)),
            after=after,
            brand=self._config.brand or self._face.say(language_of(request), "brand"),
            tries=TRY,
            links=self._config.links,
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
            if change is None:
                yield None
                continue
            cursor, what = change
            rcs = await self._phones.rcs(phone)
            if what == LINE:
                items = await self._phones.items(phone)
                html = self._face.fragment("talk.html", language, items=items, rcs=rcs)
                yield Live("talk", {"rcs": rcs, "html": html}, cursor)
            elif shown_now := await self._phones.item(phone, what):
                await self._deliver(phone, shown_now)
                html = self._face.fragment("bubble.html", language, one=shown_now, rcs=rcs)
                yield Live("bubble", {"html": html}, cursor)

    async def _deliver(self, phone: PhoneId, shown: Shown) -> None:
        """The phone is on: what waited for it arrives, or is too late."""
        if not shown.waiting:
            return
        late = shown.item.expires_at is not None and shown.item.expires_at < now_ms()
        if await self._phones.mark(phone, shown.item.id, "expired" if late else "delivered"):
            await self._receipt(phone, shown.item.id, "failed" if late else "delivered", "expired" if late else "")

    async def _read(self, request: web.Request) -> web.Response:
        phone, _, form = await self._action(request)
        for message in form.get("ids", "").split(","):
            shown = await self._phones.item(phone, message)
            # An SMS has no read receipt; only what was delivered can be read.
            seen = shown and shown.item.form == "rbm" and "delivered" in shown.marks
            if seen and await self._phones.mark(phone, message, "read"):
                await self._receipt(phone, message, "read")
        return web.Response(status=204)

    async def _say(self, request: web.Request) -> web.Response:
        phone, number, form = await self._action(request)
        text = form.get("text", "").strip()
        if not 0 < len(text) <= TEXT_LIMIT:
            raise web.HTTPBadRequest(text=self._face.say(language_of(request), "bad_text"))
        own = await self._own(phone, text)
        await self._line.owe(phone, {"type": "text", "id": own, "from": number, "text": text}, own)
        return web.Response(status=204)

    async def _tap(self, request: web.Request) -> web.Response:
        phone, number, form = await self._action(request)
        shown = await self._phones.item(phone, form.get("message", ""))
        label = _label(shown.item.rich, form.get("postback", "")) if shown else None
        if label is None:
            raise web.HTTPNotFound(text=self._face.say(language_of(request), "stale_button"))
        own = await self._own(phone, label)
        tap = {"type": "tap", "id": own, "from": number, "postback": form["postback"], "label": label}
        await self._line.owe(phone, {**tap}, own)
        return web.Response(status=204)

    async def _rcs(self, request: web.Request) -> web.Response:
        phone, _, form = await self._action(request)
        await self._phones.set_rcs(phone, form.get("on") == "1")
        return web.Response(status=204)

    async def _typing(self, request: web.Request) -> web.Response:
        phone, number, _ = await self._action(request)
        await self._line.owe(phone, {"type": "typing", "id": uuid.uuid4().hex, "from": number})
        return web.Response(status=204)

    async def _action(self, request: web.Request) -> tuple[PhoneId, str, dict[str, str]]:
        """Phone, its number and the form of an action. Raises 403 for another site's page, 404 for no such phone."""
        same_origin(request)
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        phone = PhoneId(form.get("phone", ""))
        number = (await self._numbers()).get(phone)
        if number is None:
            raise web.HTTPNotFound(text=self._face.say(language_of(request), "unknown_phone"))
        return phone, number, form

    async def _numbers(self) -> dict[PhoneId, str]:
        """Every phone there is: those we were told of, and those written to."""
        return {self._phones.id_of(number): number for number in self._names} | await self._phones.numbers()

    async def _own(self, phone: PhoneId, text: str) -> str:
        """Put the person's own bubble on the phone; its id."""
        own = uuid.uuid4().hex
        await self._phones.put(phone, Item(id=own, at=now_ms(), form="own", text=text))
        return own

    async def _receipt(self, phone: PhoneId, message: str, status: str, error: str = "") -> None:
        receipt = {"type": "receipt", "id": f"{message}-{status}", "message": message, "status": status}
        await self._line.owe(phone, {**receipt, "provider_id": f"hs-{message}", "error": error})

    def _choices(self, numbers: dict[PhoneId, str], language: Language) -> list[tuple[PhoneId, str]]:
        """(id, name) of every phone, those we were told of first."""
        ranked = sorted(numbers.items(), key=lambda pair: (pair[1] not in self._names, pair[1]))
        unnamed = self._face.say(language, "unnamed")
        return [(phone, f"{self._names.get(number, unnamed)} · {number[-4:]}") for phone, number in ranked]


def _label(content: Content | None, postback: str) -> str | None:
    """What the button with this postback says; None when the message has no such button."""
    replies = content.replies() if content else ()
    return next((reply.text for reply in replies if reply.postback_data == postback), None)
