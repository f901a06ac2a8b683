"""Vonage's Messages API, played after providers-rcs.md 4.3: RS256 JWTs in, HS256 JWTs out, capabilities, revocation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from pydantic import ValidationError

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id
from standins.google_rbm import FEATURES, service_key
from standins.vonage_rules import AGENT, MESSAGE, SENDER

APPLICATION = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
ERRORS = "https://developer.vonage.com/api-errors"


class VonageStandin(Standin):
    """`key` is the account's signature secret.

    `no_rcs` are the phones without RCS, `delivered` the messages too late to revoke and `revoked` those that were
    (by its own ids), `jwts` the JWTs it was shown, `asked` what was asked of it, whole.
    """

    carrier = "vonage"
    key_field = "signature_secrets"
    words: ClassVar = {"delivered": "delivered", "read": "read", "failed": "undeliverable"}

    def __init__(self, *, key: str = "demoSignatureSecret", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.no_rcs: set[str] = set()
        self.delivered: set[str] = set()
        self.revoked: list[str] = []
        self.jwts: set[str] = set()
        self.asked: list[dict[str, Any]] = []

    def table(self, **extra: Any) -> dict[str, Any]:
        return {
            "carrier": "vonage",
            "base_url": f"{self.url}/v1",
            "recall_url": f"{self.url}/v1",
            "application_id": APPLICATION,
            "private_key": service_key().as_pem(private=True).decode(),
            "signature_secrets": [self.key],
            "sender": SENDER,
            "rcs_sender": AGENT,
            "webhook_secrets": [WEBHOOK_SECRET],
            **extra,
        }

    def wrong_credentials(self) -> dict[str, Any]:
        return {"application_id": "nobody"}

    def routes(self) -> list[web.RouteDef]:
        phones = f"/v1/channel-manager/rcs/agents/{AGENT}/google/phones"
        return [
            web.post("/v1/messages", self._send),
            web.patch("/v1/messages/{uuid}", self._revoke),
            web.get(phones + "/{number}/capabilities", self._capabilities),
        ]

    # ------------------------------------------------------------ in

    async def _send(self, request: web.Request) -> web.StreamResponse:
        try:
            self._known(request)
            said = self._checked(request.content_type, await request.read())
        except Refusal as no:
            return self._no(no)
        return await self.sending(request, lambda: self._take(said))

    def _take(self, said: dict[str, Any]) -> web.Response:
        content = said.get("text") if "suggestions" not in said else None
        custom = said.get("custom", {}).get("contentMessage")
        self.asked.append(said)
        sent = Sent(said.get("client_ref", ""), f"+{said['to']}", content or custom or said, str(uuid.uuid4()))
        self.take(sent)
        return web.json_response({"message_uuid": sent.provider_id}, status=202)

    async def _revoke(self, request: web.Request) -> web.Response:
        try:
            self._known(request)
            message, asked = request.match_info["uuid"], json.loads(await request.read())
            if asked != {"status": "revoked"}:
                raise Refusal(422, "messages#1150", "Invalid params")
            if message not in [one.provider_id for one in self.sent]:
                raise Refusal(404, "not-found", f"Message with ID {message} not found")
            if message in self.delivered:
                raise Refusal(422, "messages#1020", "The message cannot be revoked")
        except Refusal as no:
            return self._no(no)
        self.revoked.append(message)
        return web.Response()

    async def _capabilities(self, request: web.Request) -> web.Response:
        try:
            self._known(request)
            if f"+{request.match_info['number']}" in self.no_rcs:
                raise Refusal(404, "not-found", "not reachable")
        except Refusal as no:
            return self._no(no)
        return web.json_response({"features": FEATURES})

    def _known(self, request: web.Request) -> None:
        """A JWT of the application, signed with its key, for now."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, service_key(), algorithms=["RS256"]).claims
            right = claims["application_id"] == APPLICATION and uuid.UUID(claims["jti"])
            if not right or not claims["iat"] - 60 <= time.time() < claims["exp"] <= claims["iat"] + 86_400:
                raise ValueError("claims")
        except (JoseError, ValueError, KeyError):
            raise Refusal(401, "unauthorized", "You did not provide correct credentials.") from None
        self.jwts.add(token)

    def _checked(self, content_type: str, body: bytes) -> dict[str, Any]:
        if content_type != "application/json":
            raise Refusal(415, "messages#1020", "expected JSON")
        try:
            MESSAGE.validate_json(body)
        except ValidationError as flaws:
            why = "; ".join(f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in flaws.errors())
            raise Refusal(422, "messages#1150", why) from None
        said: dict[str, Any] = json.loads(body)
        return said

    def _no(self, no: Refusal) -> web.Response:
        self.refused.append(str(no))
        return web.json_response(problem(str(no.code), no.why), status=no.status)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        return self.posted(self.said(number, {"message_type": "text", "text": text}, reply_id), signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a reply."""
        return self.posted(self.said(number, {"message_type": "reply", "reply": {"id": postback, "title": label}}))

    def said(self, number: str, content: Mapping[str, Any], reply_id: str = "") -> dict[str, Any]:
        """A person's message over RCS."""
        about = {"channel": "rcs", "message_uuid": reply_id or str(uuid.uuid4()), "timestamp": _now()}
        return {**about, "to": AGENT, "from": number.removeprefix("+"), **content}

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        pushes = []
        for one in sent:
            told: dict[str, Any] = {"message_uuid": one.provider_id, "to": one.to.removeprefix("+"), "from": AGENT}
            told |= {"timestamp": _now(), "status": word, "channel": "rcs", "client_ref": one.id}
            told |= {"error": problem("messages#1340", "outside")} if word in ("rejected", "undeliverable") else {}
            pushes.append(self.posted(told))
        return pushes

    def posted(self, said: Mapping[str, Any], *, signed: bool = True, at: float | None = None) -> Push:
        """What is posted, with its JWT. at: when that was issued, now if not given."""
        body = json.dumps(said, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if signed:
            claims = {"iat": int(time.time() if at is None else at), "jti": fresh_id(), "iss": "Vonage"}
            claims |= {"payload_hash": hashlib.sha256(body).hexdigest(), "api_key": "abcd1234"}
            headers["Authorization"] = f"Bearer {hs256(claims, self.key)}"
        return Push(headers, body)


def hs256(claims: Mapping[str, Any], key: str, alg: str = "HS256") -> str:
    """A JWT as RFC 7515 writes it."""
    parts = [_b64(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": alg, "typ": "JWT"}, claims)]
    signature = hmac.new(key.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _b64(signature)])


def problem(kind: str, detail: str) -> dict[str, Any]:
    """An error in Vonage's shape."""
    where = f"{ERRORS}/{kind}" if "#" in kind else f"{ERRORS}#{kind}"
    return {"type": where, "title": kind.rpartition("#")[2], "detail": detail, "instance": fresh_id()}


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


if __name__ == "__main__":
    from standins.process import main

    main(VonageStandin)
