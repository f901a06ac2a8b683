"""5G消息 of China Telecom and Unicom, played after providers-rcs.md 1b: tokens, messages, recall, files, calls."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from standins.base import WEBHOOK_SECRET, Fault, Push, Refusal, Sent, Standin, fresh_id
from standins.gsma_rules import RULES

BEIJING = timezone(timedelta(hours=8))
APP, APP_KEY = "demo-app", "demo-app-key"
TOKEN_TTL_S = 7200
SIZES = {
    "image/jpeg": 2 << 20,
    "image/jpg": 2 << 20,
    "image/png": 2 << 20,
    "audio/mpeg": 5 << 20,
    "video/mp4": 10 << 20,
}

Phone = Annotated[str, Field(pattern=r"^tel:\+[1-9]\d{6,14}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _Content(_Strict):
    content_type: str
    content_encoding: Literal["utf8", "base64"] = "utf8"
    content_text: Any


class _Capability(_Strict):
    capability_id: Literal["ChatbotSA"]
    version: Literal['+g.gsma.rcs.botversion="#=1"']


class Message(_Strict):
    """What a send may hold (1b.3)."""

    message_id: uuid.UUID
    message_list: Annotated[list[_Content], Field(min_length=1)]
    destination_address: Annotated[list[Phone], Field(min_length=1, max_length=1)]
    sender_address: str
    conversation_id: str
    contribution_id: str
    service_capability: Annotated[list[_Capability], Field(min_length=1)]
    traffic_type: Literal["advertisement", "payment", "premium", "subscription", "token"] | None = None
    sms_supported: Annotated[bool, Field(strict=True)]
    store_supported: Annotated[bool, Field(strict=True)]
    sms_content: str | None = None
    im_format: Literal["IM", "LargerMode", "PagerMode"] | None = None
    in_reply_to: str | None = None
    report_request: list[Literal["sent", "failed", "delivered", "displayed", "deliveredToNetwork"]] = []


class Revoke(_Strict):
    """What a recall may hold (1b.5)."""

    message_id: uuid.UUID
    status: Literal["RevokeRequested"]
    destination_address: Annotated[list[Phone], Field(min_length=1, max_length=1)]


class FivegmsgStandin(Standin):
    """`key` is the token that signs its calls.

    `revoking` are the messages a recall was asked for, `token` the access token that is good, `prefix` what stands
    before it, `files` what was uploaded, by address, `asked` the bodies of the sends that were in order; `token_faults`
    befall the next requests for a token.
    """

    carrier = "fivegmsg"
    key_field = "callback_tokens"
    words: ClassVar = {"delivered": "delivered", "failed": "failed", "read": "displayed"}
    signs_the_body = False
    also_posts_as = frozenset({"multipart/form-data"})

    def __init__(
        self, *, key: str = "demoToken", chatbot: str = "sip:106500@botplatform.rcs.domain.cn", **base: Any
    ) -> None:
        super().__init__(key=key, **base)
        self.chatbot = chatbot
        self.token = ""
        self.tokens_given = 0
        self.prefix = "accessToken "
        self.token_faults: deque[Fault] = deque()
        self.asked: list[dict[str, Any]] = []
        self.revoking: list[str] = []
        self.files: dict[str, bytes] = {}
        self._taken: dict[str, Sent] = {}

    def table(self, **extra: Any) -> dict[str, Any]:
        return {
            "carrier": "fivegmsg",
            "base_url": self.url,
            "chatbot": self.chatbot,
            "app_id": APP,
            "app_keys": [APP_KEY],
            "callback_tokens": [self.key],
            "callback_window_s": 0,  # what the contract reads was said on another day
            "webhook_secrets": [WEBHOOK_SECRET],
            "upload_media": False,  # the pictures of tests lie nowhere
            **extra,
        }

    def wrong_credentials(self) -> dict[str, Any]:
        return {"app_keys": ["nobody"]}

    def routes(self) -> list[web.RouteDef]:
        bot = "/bot/v1/{chatbot}"
        return [
            web.post(f"{bot}/accessToken", self._access_token),
            web.post(f"{bot}/messages", self._send),
            web.post(f"{bot}/revoke", self._revoke),
            web.post(f"{bot}/medias/upload", self._upload),
        ]

    def acknowledged(self, status: int, body: bytes) -> bool:
        return status in (200, 204)

    # ------------------------------------------------------------ in

    async def _access_token(self, request: web.Request) -> web.StreamResponse:
        """A new one; the one before is good no more (1b.2)."""
        try:
            _framed(request)
            asked = json.loads(await request.read())
            if asked != {"appId": APP, "appKey": APP_KEY}:
                raise Refusal(200, 40001, "wrong appKey")
        except Refusal as no:
            return self._no(no)
        if self.token_faults:
            return await self.befall(request, self.token_faults.popleft())
        self.token = secrets.token_urlsafe(16)
        self.tokens_given += 1
        said = {"accessToken": self.token, "expires": TOKEN_TTL_S, "url": self.url, "errorCode": 0}
        return web.json_response(said)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        try:
            self._allowed(request)
            body = await request.read()
            message = _read(Message, body)
            if message.sender_address != request.match_info["chatbot"]:
                raise Refusal(200, 30008, "chatbotId and senderAddress differ")
            if message.sms_supported and not message.sms_content:
                raise Refusal(200, 20002, "smsContent is required with smsSupported")
            content = [_content(one) for one in message.message_list]
        except Refusal as no:
            return self._no(no)
        self.asked.append(json.loads(body))
        return await self.sending(request, lambda: self._take(message, content))

    def _take(self, message: Message, content: list[Any]) -> web.Response:
        message_id = str(message.message_id)
        alone = len(content) == 1 and isinstance(content[0], str)
        sent = Sent(
            message_id,
            message.destination_address[0].removeprefix("tel:"),
            content[0] if alone else content,
            message_id,
        )
        if self._taken.setdefault(message_id, sent) is sent:
            self.take(sent)
        said = {"messageId": message_id, "conversationId": None, "contributionId": None}
        return web.json_response({**said, "errorCode": 0, "errorMessage": "success"})

    async def _revoke(self, request: web.Request) -> web.Response:
        """Only taken note of; `revoked_push` says what became of it."""
        try:
            self._allowed(request)
            message = str(_read(Revoke, await request.read()).message_id)
        except Refusal as no:
            return self._no(no)
        self.revoking.append(message)
        return web.json_response({"messageId": message, "errorCode": 0, "errorMessage": "success"})

    async def _upload(self, request: web.Request) -> web.Response:
        try:
            self._allowed(request, content_type="multipart/form-data")
            if request.headers.get("uploadMode") not in ("perm", "temp"):
                raise Refusal(200, 20002, "uploadMode must be perm or temp")
            part = await (await request.multipart()).next()
            assert part is not None
            kind, data = part.headers.get("Content-Type", ""), bytes(await part.read())  # type: ignore[union-attr]
            if kind not in SIZES:
                raise Refusal(200, 40005, "file type")
            if len(data) > SIZES[kind]:
                raise Refusal(200, 40006, "file size")
        except Refusal as no:
            return self._no(no)
        url = f"http://files.example/{fresh_id()}.{kind.partition('/')[2]}"
        self.files[url] = data
        info = {"url": url, "fileName": part.filename, "contentType": kind, "fileSize": len(data)}  # type: ignore[union-attr]
        until = {"until": "2030-04-25T12:17:07Z"} if request.headers["uploadMode"] == "temp" else {}
        return web.json_response({"fileInfo": [info | until], "fileCount": 1, "totalCount": 300, "errorCode": 0})

    def _allowed(self, request: web.Request, content_type: str = "application/json") -> None:
        _framed(request, content_type)
        given = request.headers.get("authorization", "")
        if not given:
            raise Refusal(200, 41001, "no accessToken")
        if not self.token or given != f"{self.prefix}{self.token}":
            raise Refusal(200, 40014, "invalid accessToken")

    def _no(self, no: Refusal) -> web.Response:
        self.refused.append(f"{no.status} {no.code}")
        return web.json_response({"errorCode": no.code, "errorMessage": no.why}, status=no.status)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        said = {"contentType": "text/plain", "contentText": text}
        return self.said_push(number, said, reply_id=reply_id, signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a reply."""
        tapped = {"response": {"reply": {"displayText": label, "postback": {"data": postback}}}}
        kind = "application/vnd.gsma.botsuggestion.response.v1.0+json"
        return self.said_push(number, {"contentType": kind, "contentEncoding": "utf8", "contentText": tapped})

    def said_push(self, number: str, *contents: dict[str, Any], reply_id: str = "", signed: bool = True) -> Push:
        """What is posted when a phone sends these contents."""
        body = {
            "messageId": reply_id or str(uuid.uuid4()).upper(),
            "messageList": contents,
            "dateTime": _now(),
            "destinationAddress": self.chatbot,
            "senderAddress": f"tel:{number}",
            "conversationId": fresh_id(),
            "contributionId": fresh_id(),
        }
        return self._signed("messageNotification", "messages", body, signed=signed)

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        why = {"errorCode": 2, "errorMessage": "非5G消息终端"} if word == "failed" else {}
        told = [self._delivery(one.id, one.to, word, why) for one in sent]
        return [self._deliveries(*told)] if told else []

    def delivery_push(self, message: str, number: str, word: str, **why: Any) -> Push:
        """What is posted when that became of one message, for whatever reason."""
        return self._deliveries(self._delivery(message, number, word, why))

    def _delivery(self, message: str, number: str, word: str, why: Mapping[str, Any]) -> dict[str, Any]:
        told = {"messageId": message, "dateTime": _now(), "status": word, **why}
        return {**told, "destinationAddress": self.chatbot, "senderAddress": f"tel:{number}"}

    def _deliveries(self, *told: dict[str, Any]) -> Push:
        return self._signed("deliveryNotification", "status", {"deliveryInfoList": told})

    def _signed(self, kind: str, end: str, body: Any, *, signed: bool = True) -> Push:
        path = f"/{kind}/{quote(self.chatbot, safe='')}/{end}"
        headers = {"Content-Type": "application/json", **(self.signature_headers() if signed else {})}
        return Push(headers, json.dumps(body, ensure_ascii=False).encode(), path=path)

    def signature_headers(self) -> dict[str, str]:
        """signature, timestamp and nonce of a call made now (1b.6)."""
        at, nonce = str(int(time.time())), str(uuid.uuid4())
        digest = hashlib.sha256("".join(sorted([self.key, at, nonce])).encode()).hexdigest()
        return {"signature": digest, "timestamp": at, "nonce": nonce}


def _framed(request: web.Request, content_type: str = "application/json") -> None:
    """What every request carries (1b.1)."""
    if "/bot/v1/sip%3A" not in request.rel_url.raw_path:
        raise Refusal(404, 20003, "the chatbotId must be percent-encoded")
    if request.content_type != content_type or request.headers.get("accept") != "application/json":
        raise Refusal(200, 20003, "content-type and accept")
    date = request.headers.get("date", "")
    if not date.endswith("GMT") or abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()) > 300:
        raise Refusal(200, 41001, "no date")


def _read(model: type[Any], body: bytes) -> Any:
    try:
        return model.model_validate_json(body)
    except ValidationError as flaws:
        raise Refusal(200, 20002, _why(flaws)) from None


def _content(content: _Content) -> Any:
    """One content by the rules of its type; a card or list that breaks them is 40008 [peer], a long text 40021."""
    rule = RULES.get(content.content_type)
    if rule is None:
        raise Refusal(200, 60003, "no such content type")
    try:
        rule.validate_python(content.content_text)
    except ValidationError as flaws:
        raise Refusal(200, 40021 if content.content_type == "text/plain" else 40008, _why(flaws)) from None
    return content.content_text


def _why(flaws: ValidationError) -> str:
    told = flaws.errors(include_input=False)
    return re.sub(r"\s+", " ", "; ".join(f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in told))[:300]


def _now() -> str:
    return datetime.now(BEIJING).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    from standins.process import main

    main(FivegmsgStandin)
