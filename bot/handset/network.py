"""The carrier's side of the network: what `bot.carriers.sandbox` calls.

| call | answer |
|---|---|
| `POST /handset/network/messages`, a `Message` | 200 {"id"}; 404 {"error":"not_rcs"}; 422 {"error"} |
| `GET /handset/network/capabilities?number=` | 200 {"rich","features"} |
| `DELETE /handset/network/messages/{id}?number=` | 200 {"outcome": revoked, delivered or not_found} |
| `POST /handset/network/events`, an `Event` | 200 {}; 404 {"error":"not_rcs"} |

Every call carries `Authorization: Bearer <key>`; 401 otherwise. The same id is taken once.
"""

from __future__ import annotations

import hmac
from typing import Annotated, Final, Literal, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from bot.handset.config import HandsetConfig
from bot.handset.content import Content
from bot.handset.phones import Item, Phones, now_ms
from bot.handset.suggestions import COMPOSE

FEATURES: Final = (
    "RICHCARD_STANDALONE",
    "RICHCARD_CAROUSEL",
    "ACTION_CREATE_CALENDAR_EVENT",
    "ACTION_DIAL",
    "ACTION_OPEN_URL",
    "ACTION_OPEN_URL_IN_WEBVIEW",
    "ACTION_SHARE_LOCATION",
    "ACTION_VIEW_LOCATION",
    "PDF_IN_RICH_CARDS",
    "REVOCATION",
)


class Message(BaseModel):
    """What the carrier hands over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    to: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{5,15}$")]
    kind: str
    form: Literal["text", "rbm"]
    text: str = ""
    rich: Content | None = None
    ttl_s: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _has_what_its_form_needs(self) -> Self:
        if self.form == "rbm" and self.rich is None:
            raise ValueError("form rbm needs rich")
        if self.form == "text" and not self.text:
            raise ValueError("form text needs text")
        return self


class Event(BaseModel):
    """What the bot does beside sending. message: the id of the person's message that was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: str
    event: Literal["IS_TYPING", "READ"]
    message: str = ""


class Network:
    """Takes messages for phones and says what became of them."""

    def __init__(self, phones: Phones, config: HandsetConfig) -> None:
        self._phones = phones
        self._bearer = f"Bearer {config.key}".encode()
        self._context = {COMPOSE: config.compose}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/handset/network/messages", self._take),
            web.get("/handset/network/capabilities", self._capabilities),
            web.delete("/handset/network/messages/{id}", self._recall),
            web.post("/handset/network/events", self._event),
        ]

    async def _take(self, request: web.Request) -> web.Response:
        self._authorise(request)
        try:
            message = Message.model_validate_json(await request.read(), context=self._context)
        except ValidationError as error:
            return web.json_response({"error": _first(error)}, status=422)
        phone = await self._phones.add(message.to)
        if message.form == "rbm" and not await self._phones.rcs(phone):
            return web.json_response({"error": "not_rcs"}, status=404)
        now = now_ms()
        expires_at = now + message.ttl_s * 1000 if message.ttl_s else None
        rich = message.rich if message.form == "rbm" else None
        item = Item(id=message.id, at=now, form=message.form, text=message.text, rich=rich, expires_at=expires_at)
        await self._phones.put(phone, item)
        return web.json_response({"id": f"hs-{message.id}"})

    async def _capabilities(self, request: web.Request) -> web.Response:
        self._authorise(request)
        phone = self._phones.id_of(request.query.get("number", ""))
        rich = await self._phones.rcs(phone)
        return web.json_response({"rich": rich, "features": list(FEATURES) if rich else []})

    async def _recall(self, request: web.Request) -> web.Response:
        self._authorise(request)
        phone = self._phones.id_of(request.query.get("number", ""))
        message = request.match_info["id"]
        if await self._phones.item(phone, message) is None:
            return web.json_response({"outcome": "not_found"})
        if not await self._phones.mark(phone, message, "revoked"):
            shown = await self._phones.item(phone, message)
            if shown and "delivered" in shown.marks:
                return web.json_response({"outcome": "delivered"})
        return web.json_response({"outcome": "revoked"})

    async def _event(self, request: web.Request) -> web.Response:
        self._authorise(request)
        try:
            event = Event.model_validate_json(await request.read())
        except ValidationError as error:
            return web.json_response({"error": _first(error)}, status=422)
        phone = self._phones.id_of(event.to)
        if not await self._phones.rcs(phone):
            return web.json_response({"error": "not_rcs"}, status=404)
        if event.event == "IS_TYPING":
            await self._phones.typing(phone)
        elif (shown := await self._phones.item(phone, event.message)) and shown.item.form == "own":
            await self._phones.mark(phone, event.message, "seen")
        return web.json_response({})

    def _authorise(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, self._bearer):
            raise web.HTTPUnauthorized(text='{"error":"wrong key"}', content_type="application/json")


def _first(error: ValidationError) -> str:
    """The first fault, with the field it is in and without what was given."""
    fault = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'message'}: {fault['msg']}"
