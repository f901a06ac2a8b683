"""Sinch's Conversation API, played after providers-rcs.md 4.1: OAuth, messages over one channel, signed webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web
from pydantic import ValidationError

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id
from standins.sinch_rules import APP, SendMessage

PROJECT = "c7c7c7c7-0000-4000-8000-000000000001"
KEY_ID = "k1"
KEY_SECRET = "a-key-secret"
TOKEN_TTL_S = 3599


class SinchStandin(Standin):
    """`key` signs its webhooks; `tokens` are the access tokens that are good; `asked` what was asked of it, whole."""

    carrier = "sinch"
    key_field = "webhook_keys"
    words: ClassVar = {"delivered": "DELIVERED", "read": "READ", "failed": "FAILED"}

    def __init__(self, *, key: str = "demoSecret", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.tokens: set[str] = set()
        self.tokens_given = 0
        self.asked: list[dict[str, Any]] = []

    def table(self, **extra: Any) -> dict[str, Any]:
        return {
            "carrier": "sinch",
            "base_url": self.url,
            "token_url": f"{self.url}/oauth2/token",
            "project_id": PROJECT,
            "app_id": APP,
            "key_id": KEY_ID,
            "key_secret": KEY_SECRET,
            "webhook_keys": [self.key],
            "webhook_secrets": [WEBHOOK_SECRET],
            **extra,
        }

    def wrong_credentials(self) -> dict[str, Any]:
        return {"key_secret": "nobody"}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/oauth2/token", self._token),
            web.post(f"/v1/projects/{PROJECT}/messages:send", self._send),
        ]

    # ------------------------------------------------------------ in

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        basic = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}" or dict(form) != {
            "grant_type": "client_credentials"
        }:
            self.refused.append("token")
            return web.json_response({"error": "invalid_client"}, status=401)
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        self.tokens_given += 1
        return web.json_response(
            {"access_token": token, "expires_in": TOKEN_TTL_S, "token_type": "bearer", "scope": ""}
        )

    async def _send(self, request: web.Request) -> web.StreamResponse:
        try:
            said = self._checked(request, await request.read())
        except Refusal as no:
            self.refused.append(str(no))
            error = {"code": no.status, "message": no.why, "status": no.code, "details": []}
            return web.json_response({"error": error}, status=no.status)
        return await self.sending(request, lambda: self._take(said))

    def _take(self, said: dict[str, Any]) -> web.Response:
        [to] = said["recipient"]["identified_by"]["channel_identities"]
        content = said["message"]
        plain = content["text_message"]["text"] if "text_message" in content else content
        self.asked.append(said)
        sent = Sent(said.get("message_metadata", ""), to["identity"], plain, fresh_id())
        self.take(sent)
        return web.json_response({"message_id": sent.provider_id, "accepted_time": _now()})

    def _checked(self, request: web.Request, body: bytes) -> dict[str, Any]:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401, "UNAUTHENTICATED", "Request had invalid credentials.")
        if request.content_type != "application/json":
            raise Refusal(415, "INVALID_ARGUMENT", "expected JSON")
        try:
            SendMessage.model_validate_json(body)
        except ValidationError as flaws:
            why = "; ".join(f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in flaws.errors())
            raise Refusal(400, "INVALID_ARGUMENT", why) from None
        said: dict[str, Any] = json.loads(body)
        return said

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        return self.said_push(number, {"text_message": {"text": text}}, reply_id, signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a choice: its label is not told."""
        return self.said_push(
            number, {"choice_response_message": {"message_id": fresh_id(), "postback_data": postback}}
        )

    def said_push(self, number: str, content: dict[str, Any], reply_id: str = "", *, signed: bool = True) -> Push:
        """A person's message."""
        message = {"id": reply_id or fresh_id(), "direction": "TO_APP", "contact_message": content}
        message |= {"channel_identity": _identity(number), "contact_id": "c", "accept_time": _now(), "sender_id": ""}
        return self.event({"message": message, "message_metadata": ""}, signed=signed)

    def opt_out_push(self, number: str, status: str) -> Push:
        """What is posted when an opt-out became that."""
        told = {"request_id": fresh_id(), "contact_id": "c", "channel": "SMS", "identity": number, "status": status}
        return self.event({"opt_out_notification": told})

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        pushes = []
        for one in sent:
            report: dict[str, Any] = {"message_id": one.provider_id, "status": word, "metadata": one.id}
            report |= {"channel_identity": _identity(one.to), "contact_id": "c", "processing_mode": "DISPATCH"}
            report |= {"reason": {"code": "CHANNEL_REJECT", "description": ""}} if word == "FAILED" else {}
            pushes.append(self.event({"message_delivery_report": report, "message_metadata": one.id}))
        return pushes

    def event(self, told: dict[str, Any], *, signed: bool = True, at: float | None = None) -> Push:
        """One event as it is posted. at: when it was signed, now if not given."""
        about = {"app_id": APP, "project_id": PROJECT, "accepted_time": _now(), "event_time": _now()}
        body = json.dumps({**about, "correlation_id": "", **told}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if signed:
            nonce, when = fresh_id(), str(int(time.time() if at is None else at))
            headers["x-sinch-webhook-signature"] = signature(body, nonce, when, self.key)
            headers["x-sinch-webhook-signature-nonce"] = nonce
            headers["x-sinch-webhook-signature-timestamp"] = when
            headers["x-sinch-webhook-signature-algorithm"] = "HmacSHA256"
        return Push(headers, body)


def signature(body: bytes, nonce: str, when: str, key: str) -> str:
    """As its SDKs have it (4.1)."""
    told = f"{body.decode()}.{nonce}.{when}"
    return base64.b64encode(hmac.new(key.encode(), told.encode(), hashlib.sha256).digest()).decode()


def _identity(number: str) -> dict[str, str]:
    return {"app_id": "", "channel": "RCS", "identity": number.removeprefix("+")}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


if __name__ == "__main__":
    from standins.process import main

    main(SinchStandin)
