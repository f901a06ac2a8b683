"""Outcomes from the bot, checked as Standard Webhooks says before a word of them is believed.

Spec: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, "Verifying webhook authenticity".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.demo.model import Received, now
from bot.demo.shop import Shop

TOLERANCE_S: Final = 300
"""How far webhook-timestamp may be from now, so that a recorded call cannot be played again later."""


class Forged(Exception):
    """The call is not the bot's, or not of now."""


class _Payload(BaseModel):
    type: str
    data: dict[str, Any]


class Outcomes:
    """Takes outcomes signed with `secret` ("whsec_" and base64)."""

    def __init__(self, shop: Shop, secret: str) -> None:
        self._shop = shop
        self._key = base64.b64decode(secret.removeprefix("whsec_"))

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/outcomes", self._receive)]

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            check(self._key, request.headers, body, now().timestamp())
        except Forged as error:
            self._shop.forged()
            raise web.HTTPUnauthorized(text=str(error)) from None
        try:
            payload = _Payload.model_validate_json(body)
        except ValidationError:
            raise web.HTTPBadRequest(text="an outcome is {type, timestamp, data}") from None
        outcome = request.headers["webhook-id"]
        self._shop.receive(Received(id=outcome, type=payload.type, at=now(), data=payload.data))
        return web.Response(status=204)


def check(key: bytes, headers: Mapping[str, str], body: bytes, at: float) -> None:
    """Raise Forged unless one of the signatures is ours over id, timestamp and body, and the timestamp is near."""
    outcome, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (outcome and timestamp.isascii() and timestamp.isdigit()):
        raise Forged("webhook-id and webhook-timestamp are missing")
    if abs(at - int(timestamp)) > TOLERANCE_S:
        raise Forged("webhook-timestamp is too far from now")
    wanted = base64.b64encode(hmac.digest(key, f"{outcome}.{timestamp}.".encode() + body, hashlib.sha256))
    given = (one.removeprefix("v1,") for one in headers.get("webhook-signature", "").split() if one.startswith("v1,"))
    if not any([hmac.compare_digest(one.encode(), wanted) for one in given]):  # noqa: C419 - all, always
        raise Forged("no signature in webhook-signature is right")
