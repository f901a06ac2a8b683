"""What a person does on the phone: writes, taps, reads, says where she is, switches RCS on and off.

Everything here is a POST of the page's own forms; what the bot hears of it goes over the `Line`.
"""

from __future__ import annotations

import uuid
from typing import Final

from aiohttp import web
from pydantic import JsonValue, ValidationError

from bot.handset.content import Content
from bot.handset.directory import Directory
from bot.handset.line import Line
from bot.handset.phones import Item, PhoneId, Phones, now_ms
from bot.handset.suggestions import LatLong
from bot.pages import Face, language_of, same_origin

TEXT_LIMIT: Final = 2000
"""Characters one message of the person may have."""


class Acts:
    """The changing half of what is under /handset."""

    def __init__(self, phones: Phones, line: Line, directory: Directory, face: Face) -> None:
        self._phones = phones
        self._line = line
        self._directory = directory
        self._face = face

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/handset/say", self._say),
            web.post("/handset/tap", self._tap),
            web.post("/handset/act", self._act),
            web.post("/handset/share", self._share),
            web.post("/handset/read", self._read),
            web.post("/handset/rcs", self._rcs),
            web.post("/handset/typing", self._typing),
        ]

    async def _say(self, request: web.Request) -> web.Response:
        phone, number, form = await self._form(request)
        text = form.get("text", "").strip()
        if not 0 < len(text) <= TEXT_LIMIT:
            raise web.HTTPBadRequest(text=self._face.say(language_of(request), "bad_text"))
        own = await self._own(phone, text)
        await self._line.owe(phone, {"type": "text", "id": own, "from": number, "text": text}, own)
        return web.Response(status=204)

    async def _tap(self, request: web.Request) -> web.Response:
        """A reply: its label becomes the person's own words."""
        phone, number, form = await self._form(request)
        rich = await self._rich(phone, form)
        reply = rich.reply(form.get("postback", "")) if rich else None
        if reply is None:
            raise self._stale(request)
        own = await self._own(phone, reply.text)
        tap = {"type": "tap", "id": own, "from": number, "postback": reply.postback_data, "label": reply.text}
        await self._line.owe(phone, {**tap}, own)
        return web.Response(status=204)

    async def _act(self, request: web.Request) -> web.Response:
        """An action: the bot is told; answers with the sheet the phone opens, 204 when it leaves for the browser."""
        phone, number, form = await self._form(request)
        rich = await self._rich(phone, form)
        action = rich.action(form.get("spot", "")) if rich else None
        if action is None:
            raise self._stale(request)
        acted = {"type": "acted", "from": number, "postback": action.postback_data, "label": action.text}
        await self._line.owe(phone, {**acted, "id": uuid.uuid4().hex})
        if action.does == "open":
            return web.Response(status=204)
        brand = self._directory.brand(language_of(request))
        html = self._face.fragment("sheet.html", language_of(request), action=action, brand=brand)
        return web.Response(text=html, content_type="text/html")

    async def _share(self, request: web.Request) -> web.Response:
        phone, number, form = await self._form(request)
        try:
            place = LatLong.model_validate_strings({name: form.get(name, "") for name in ("latitude", "longitude")})
        except ValidationError:
            raise web.HTTPBadRequest(text=self._face.say(language_of(request), "bad_place")) from None
        own = await self._own(phone, f"geo:{place.latitude},{place.longitude}", place)
        where: dict[str, JsonValue] = {"latitude": place.latitude, "longitude": place.longitude}
        await self._line.owe(phone, {"type": "location", "id": own, "from": number, **where}, own)
        return web.Response(status=204)

    async def _read(self, request: web.Request) -> web.Response:
        phone, _, form = await self._form(request)
        for message in form.get("ids", "").split(","):
            shown = await self._phones.item(phone, message)
            # An SMS has no read receipt; only what was delivered can be read.
            seen = shown and shown.item.form == "rbm" and "delivered" in shown.marks
            if seen and await self._phones.mark(phone, message, "read"):
                await self._line.receipt(phone, message, "read")
        return web.Response(status=204)

    async def _rcs(self, request: web.Request) -> web.Response:
        phone, _, form = await self._form(request)
        await self._phones.set_rcs(phone, form.get("on") == "1")
        return web.Response(status=204)

    async def _typing(self, request: web.Request) -> web.Response:
        phone, number, _ = await self._form(request)
        await self._line.owe(phone, {"type": "typing", "id": uuid.uuid4().hex, "from": number})
        return web.Response(status=204)

    async def _form(self, request: web.Request) -> tuple[PhoneId, str, dict[str, str]]:
        """Phone, its number and the form of an action. Raises 403 for another site's page, 404 for no such phone."""
        same_origin(request)
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        phone = PhoneId(form.get("phone", ""))
        number = (await self._directory.numbers()).get(phone)
        if number is None:
            raise web.HTTPNotFound(text=self._face.say(language_of(request), "unknown_phone"))
        return phone, number, form

    async def _own(self, phone: PhoneId, text: str, place: LatLong | None = None) -> str:
        """Put the person's own bubble on the phone; its id."""
        own = uuid.uuid4().hex
        await self._phones.put(phone, Item(id=own, at=now_ms(), form="own", text=text, place=place))
        return own

    async def _rich(self, phone: PhoneId, form: dict[str, str]) -> Content | None:
        """The content of the rich message a form names."""
        shown = await self._phones.item(phone, form.get("message", ""))
        return shown.item.rich if shown else None

    def _stale(self, request: web.Request) -> web.HTTPNotFound:
        return web.HTTPNotFound(text=self._face.say(language_of(request), "stale_button"))
