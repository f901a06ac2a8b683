"""The other side of the sandbox carrier, without a page: takes messages, says who can show cards."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from aiohttp import web

from standins.base import WEBHOOK_SECRET, Push, Sent, Standin, fresh_id

FIELDS = {"id", "to", "kind", "form", "text", "rich", "ttl_s"}


class SandboxStandin(Standin):
    """`no_rcs` are the phones that have RCS off; `delivered` the messages that cannot be recalled any more.

    `events` are what the bot told beside messages: (number, event, message).
    """

    carrier = "sandbox"
    key_field = "keys"
    words: ClassVar = {"delivered": "delivered", "failed": "failed", "read": "read"}

    def __init__(self, *, key: str = "sandbox-key", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.no_rcs: set[str] = set()
        self.delivered: set[str] = set()
        self.events: list[tuple[str, str, str]] = []
        self._taken: dict[str, Sent] = {}

    def table(self, **extra: Any) -> dict[str, Any]:
        mine = {"carrier": "sandbox", "base_url": self.url, "keys": [self.key]}
        return {**mine, "webhook_secrets": [WEBHOOK_SECRET], **extra}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/messages", self._send),
            web.delete("/messages/{id}", self._recall),
            web.get("/capabilities", self._capabilities),
            web.post("/events", self._event),
        ]

    # ------------------------------------------------------------ in

    async def _send(self, request: web.Request) -> web.StreamResponse:
        message = json.loads(await request.read())
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return self._no(401, "bad_key")
        if message.keys() != FIELDS or message["form"] not in ("text", "rbm"):
            return self._no(422, "bad_message")
        if message["form"] == "rbm" and message["to"] in self.no_rcs:
            return self._no(404, "not_rcs")
        return await self.sending(request, lambda: self._take(message))

    def _take(self, message: dict[str, Any]) -> web.Response:
        content = message["rich"] if message["form"] == "rbm" else message["text"]
        sent = Sent(message["id"], message["to"], content, f"sb-{message['id']}")
        if self._taken.setdefault(sent.id, sent) is sent:
            self.take(sent)
        return web.json_response({"id": sent.provider_id})

    async def _recall(self, request: web.Request) -> web.Response:
        message = request.match_info["id"]
        if message not in self._taken:
            return web.json_response({"outcome": "not_found"})
        return web.json_response({"outcome": "delivered" if message in self.delivered else "revoked"})

    async def _capabilities(self, request: web.Request) -> web.Response:
        rich = request.query["number"] not in self.no_rcs
        return web.json_response({"rich": rich, "features": ["RICHCARD_STANDALONE"] if rich else []})

    async def _event(self, request: web.Request) -> web.Response:
        told = await request.json()
        if told["to"] in self.no_rcs:
            return self._no(404, "not_rcs")
        self.events.append((told["to"], told["event"], told["message"]))
        return web.json_response({})

    def _no(self, status: int, error: str) -> web.Response:
        self.refused.append(f"{status} {error}")
        return web.json_response({"error": error}, status=status)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        return self._items({"type": "text", "id": reply_id or fresh_id(), "from": number, "text": text}, signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a button."""
        return self._items({"type": "tap", "id": fresh_id(), "from": number, "postback": postback, "label": label})

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        told = [{"type": "receipt", "id": fresh_id(), "message": one.id, "status": word} for one in sent]
        return [self._items(*told)] if told else []

    def _items(self, *items: dict[str, str], signed: bool = True) -> Push:
        body = json.dumps({"items": items}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if signed:
            headers["X-Sandbox-Signature"] = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        return Push(headers, body)


if __name__ == "__main__":
    from standins.process import main

    main(SandboxStandin)
