"""Google RCS for Business, played after providers-rcs.md 2: OAuth, messages, capabilities, recall, signed events."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id
from standins.rbm_rules import MESSAGE_LIMIT_BYTES, AgentMessage

SCOPE = "https://www.googleapis.com/auth/rcsbusinessmessaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EMAIL = "bot@standin.iam.example"
FEATURES = ["RICHCARD_STANDALONE", "RICHCARD_CAROUSEL", "ACTION_OPEN_URL", "ACTION_DIAL"]
TOKEN_TTL_S = 3600


@functools.cache
def service_key() -> RSAKey:
    """The service account's key, one a process: making it takes longer than a test should."""
    return RSAKey.generate_key(2048)


class GoogleRbmStandin(Standin):
    """`key` is the webhook's client token.

    `no_rcs` are the numbers without RCS (404), `no_testers` those an unlaunched agent may not reach (403),
    `delivered` the messages too late to recall, `revoked` those that were, `tokens` the access tokens that are good,
    `events` the agent events, `files` what was uploaded, by name, `asked` how many numbers each bulk question named.
    """

    carrier = "google_rbm"
    key_field = "client_tokens"
    words: ClassVar = {"delivered": "DELIVERED", "read": "READ", "failed": "TTL_EXPIRATION_REVOKED"}

    def __init__(self, *, key: str = "demo-client-token", agent: str = "a@rbm.goog", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.agent = agent
        self.no_rcs: set[str] = set()
        self.no_testers: set[str] = set()
        self.delivered: set[str] = set()
        self.revoked: list[str] = []
        self.tokens: set[str] = set()
        self.tokens_given = 0
        self.events: list[tuple[str, str]] = []
        self.files: dict[str, tuple[str, bytes]] = {}
        self.asked: list[int] = []
        self._taken: dict[str, Sent] = {}

    def table(self, **extra: Any) -> dict[str, Any]:
        return {
            "carrier": "google_rbm",
            "base_url": f"{self.url}/v1",
            "token_url": f"{self.url}/token",
            "agent_id": self.agent,
            "client_tokens": [self.key],
            "client_email": EMAIL,
            "private_key": service_key().as_pem(private=True).decode(),
            "private_key_id": "k1",
            "webhook_secrets": [WEBHOOK_SECRET],
            **extra,
        }

    def wrong_credentials(self) -> dict[str, Any]:
        return {"client_email": "nobody"}

    def routes(self) -> list[web.RouteDef]:
        phone = "/v1/phones/{number}"
        return [
            web.post("/token", self._token),
            web.post(f"{phone}/agentMessages", self._send),
            web.delete(f"{phone}/agentMessages/{{id}}", self._recall),
            web.post(f"{phone}/agentEvents", self._event),
            web.get(f"{phone}/capabilities", self._capabilities),
            web.post("/v1/users:batchGet", self._batch),
            web.post("/upload/v1/files", self._upload),
        ]

    # ------------------------------------------------------------ in

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        try:
            assertion = jwt.decode(str(form["assertion"]), service_key(), algorithms=["RS256"])
            said, now = assertion.claims, time.time()
            right = said["iss"] == EMAIL and said["scope"] == SCOPE and said["aud"] == f"{self.url}/token"
            if not right or not said["iat"] - 60 <= now < said["exp"] <= said["iat"] + 3600:
                raise ValueError("claims")
            if form["grant_type"] != GRANT or assertion.header.get("kid") != "k1":
                raise ValueError("grant")
        except (JoseError, ValueError, KeyError) as error:
            self.refused.append(f"token: {error}")
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        self.tokens_given += 1
        return web.json_response({"access_token": token, "expires_in": TOKEN_TTL_S, "token_type": "Bearer"})

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            number, message_id = self._allowed(request), _uuid(request, "messageId")
            content = _checked(body)
        except Refusal as no:
            return self._no(no)
        return await self.sending(request, lambda: self._take(number, message_id, content))

    def _take(self, number: str, message_id: str, content: Any) -> web.Response:
        sent = Sent(message_id, number, content, message_id)
        if self._taken.setdefault(message_id, sent) is sent:  # a reused id is ignored (2.2)
            self.take(sent)
        name = f"phones/{number}/agentMessages/{message_id}"
        return web.json_response({"name": name, "sendTime": _now(), "contentMessage": content})

    async def _recall(self, request: web.Request) -> web.Response:
        try:
            self._allowed(request)
            message = request.match_info["id"]
            if message not in self._taken or message in self.delivered or message in self.revoked:
                raise Refusal(404, "NOT_FOUND", "no such message is pending")
            self.revoked.append(message)
        except Refusal as no:
            return self._no(no)
        return web.json_response({})

    async def _event(self, request: web.Request) -> web.Response:
        try:
            number = self._allowed(request)
            _uuid(request, "eventId")
            event = json.loads(await request.read())
            if not (event == {"eventType": "IS_TYPING"} or (event["eventType"] == "READ" and event["messageId"])):
                raise Refusal(400, "INVALID_ARGUMENT", "not an agent event")
        except Refusal as no:
            return self._no(no)
        self.events.append((number, event["eventType"]))
        return web.json_response(event)

    async def _capabilities(self, request: web.Request) -> web.Response:
        try:
            self._allowed(request)
            _uuid(request, "requestId")
        except Refusal as no:
            return self._no(no)
        return web.json_response({"features": FEATURES})

    async def _batch(self, request: web.Request) -> web.Response:
        """500 to 10,000 unique numbers; those that are not reachable are left out (2.3)."""
        try:
            self._known(request)
            asked = json.loads(await request.read())
            users = asked["users"]
            if asked.keys() != {"users", "agentId"} or asked["agentId"] != self.agent:
                raise Refusal(403, "PERMISSION_DENIED", "not this agent")
            if not 500 <= len(users) <= 10_000 or len(set(users)) != len(users):
                raise Refusal(400, "INVALID_ARGUMENT", "users must be 500 to 10,000 unique numbers")
        except Refusal as no:
            return self._no(no)
        self.asked.append(len(users))
        reached = [user for user in users if user not in self.no_rcs]
        sample = {"totalRandomSampleUserCount": len(users) * 3 // 4, "reachableRandomSampleUserCount": 1}
        return web.json_response({**({"reachableUsers": reached} if reached else {}), **sample})

    async def _upload(self, request: web.Request) -> web.Response:
        try:
            self._known(request)
            if request.query.get("agentId") != self.agent:
                raise Refusal(403, "PERMISSION_DENIED", "not this agent")
            if not request.content_type.startswith(("image/", "video/", "audio/", "application/pdf")):
                raise Refusal(400, "INVALID_ARGUMENT", "unsupported content type")
        except Refusal as no:
            return self._no(no)
        name = f"files/{fresh_id()}"
        self.files[name] = (request.content_type, await request.read())
        return web.json_response({"name": name})

    def _known(self, request: web.Request) -> None:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401, "UNAUTHENTICATED", "invalid authentication credentials")

    def _allowed(self, request: web.Request) -> str:
        """The number in the path, if this caller may reach it."""
        number = request.match_info["number"]
        self._known(request)
        if request.query.get("agentId") != self.agent or number in self.no_testers:
            raise Refusal(403, "PERMISSION_DENIED", f"agent may not reach {number}")
        if number in self.no_rcs:
            raise Refusal(404, "NOT_FOUND", f"{number} is not reachable")
        if "%2B" not in request.rel_url.raw_path:
            raise Refusal(400, "INVALID_ARGUMENT", "the number must be percent-encoded")
        return number

    def _no(self, no: Refusal) -> web.Response:
        self.refused.append(f"{no.status} {no.code}")
        return web.json_response(error(no.status, str(no.code), no.why), status=no.status)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        said = {"senderPhoneNumber": number, "messageId": reply_id or fresh_id(), "text": text}
        return self.signed(said, signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a reply button."""
        tapped = {"postbackData": postback, "text": label, "type": "REPLY"}
        return self.signed({"senderPhoneNumber": number, "messageId": fresh_id(), "suggestionResponse": tapped})

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        whose = "phoneNumber" if word.startswith("TTL_") else "senderPhoneNumber"
        return [
            self.signed({whose: one.to, "eventType": word, "eventId": fresh_id(), "messageId": one.id}) for one in sent
        ]

    def signed(self, event: dict[str, Any], *, signed: bool = True) -> Push:
        """An event or message in its envelope (2.5)."""
        data = json.dumps({**event, "agentId": self.agent, "sendTime": _now()}, ensure_ascii=False).encode()
        message = {"data": base64.b64encode(data).decode(), "messageId": fresh_id(), "publishTime": _now()}
        headers = {"Content-Type": "application/json"}
        if signed:
            digest = hmac.new(self.key.encode(), data, hashlib.sha512).digest()
            headers["X-Goog-Signature"] = base64.b64encode(digest).decode()
        body = {"message": message, "subscription": "projects/standin/subscriptions/rbm"}
        return Push(headers, json.dumps(body).encode())


def error(status: int, word: str, why: str = "", *details: dict[str, Any]) -> dict[str, Any]:
    """An error in Google's shape (2.8)."""
    return {"error": {"code": status, "message": why, "status": word, **({"details": details} if details else {})}}


def _checked(body: bytes) -> Any:
    if len(body) > MESSAGE_LIMIT_BYTES:
        raise Refusal(400, "INVALID_ARGUMENT", "message too large")
    try:
        AgentMessage.model_validate_json(body)
    except ValidationError as flaws:
        why = "; ".join(f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in flaws.errors())
        raise Refusal(400, "INVALID_ARGUMENT", why) from None
    return json.loads(body)["contentMessage"]


def _uuid(request: web.Request, name: str) -> str:
    try:
        return str(uuid.UUID(request.query.get(name, "")))
    except ValueError:
        raise Refusal(400, "INVALID_ARGUMENT", f"{name} must be a UUID") from None


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


if __name__ == "__main__":
    from standins.process import main

    main(GoogleRbmStandin)
