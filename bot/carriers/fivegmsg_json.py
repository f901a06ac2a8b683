"""5G消息 of China Telecom and China Unicom: HTTP JSON, after their specification V1.0.4 (providers-rcs.md 1b).

A call of theirs is signed by its headers; the signature leaves the body out, so behind it stand the secret path, a
window of time, that a signature is good for one body (`bot.receive.webhook`), and ids that are taken once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import formatdate
from typing import Final
from urllib.parse import quote

from pydantic import JsonValue
from pydantic_core import to_json
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import Media, RecallOutcome, Uploaded
from bot.carriers.fivegmsg_account import (
    BOT_VERSION,
    CODES,
    TOKEN_CODES,
    TRAFFIC,
    FivegmsgSettings,
    conversation,
)
from bot.carriers.fivegmsg_json_pushed import items
from bot.carriers.gsma import Part
from bot.carriers.http import Answer, Http
from bot.carriers.reading import one_of, reveal, time_in, unsigned
from bot.carriers.tokens import Grant, Shelf, Tokens
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    MessageId,
    Once,
    Parsed,
    PhoneNumber,
    Sendable,
    WebhookRequest,
)

ACK: Final = Ack(status=204)
UNBOUNDED_S: Final = 86_400
"""How long a signature is remembered where its account believes it for ever."""
REPORTS: Final = ("sent", "failed", "delivered", "displayed", "deliveredToNetwork")


class JsonDialect:
    """One account's side of the interface. See `bot.carriers.fivegmsg.Dialect`."""

    def __init__(self, account: AccountName, settings: FivegmsgSettings) -> None:
        self._account, self._settings = account, settings
        self._keys, self._callback_tokens = reveal(settings.app_keys), reveal(settings.callback_tokens)
        self._timeout = calling.timeouts(settings)
        self._base = f"{settings.base_url}/bot/{settings.api_version}/{quote(settings.chatbot, safe='')}"
        self._access = Tokens(self._grant)
        self._fixed = {
            "senderAddress": settings.chatbot,
            "serviceCapability": [{"capabilityId": "ChatbotSA", "version": BOT_VERSION}],
            "smsSupported": settings.sms_fallback,
            "storeSupported": settings.store_offline,
            "reportRequest": REPORTS,
        }

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """Signature over token, timestamp and nonce, and the time they say (1b.6)."""
        if not self._settings.callbacks_signed:
            return
        at, nonce = request.headers.get("timestamp", ""), request.headers.get("nonce", "")
        wanted = [signature(token, at, nonce) for token in self._callback_tokens]
        if not one_of(request.headers.get("signature", ""), wanted):
            raise unsigned("signature")
        window = self._settings.callback_window_s
        if window and not _within(at, request.received_at, window):
            raise Refused(401, "stale", "the timestamp is not within callback_window_s of our clock")

    def parse(self, request: WebhookRequest) -> Parsed:
        """The question whether the URL is ours, a message, receipts, or a notice (1b.6-1b.9)."""
        if request.method == "GET":
            echo = request.headers.get("echostr", "")
            return Parsed((), Ack(headers={"echoStr": echo, "appId": self._settings.app_id}))
        told = items(self._account, self._settings, request)
        window = self._settings.callback_window_s or UNBOUNDED_S
        once = Once(request.headers.get("signature", ""), 2 * window) if self._settings.callbacks_signed else None
        return Parsed(told, ACK, once)

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable, parts: Sequence[Part]) -> Accepted:
        """One message for one person (1b.3), under our id; a reply to it names our contributionId."""
        traffic = TRAFFIC.get(message.kind)
        body = {
            "messageId": message.id,
            "messageList": [
                {"contentType": part.content_type, "contentEncoding": "utf8", "contentText": part.content}
                for part in parts
            ],
            "destinationAddress": [f"tel:{message.to}"],
            "conversationId": conversation(self._settings.chatbot, message.to),
            "contributionId": message.id,
            **self._fixed,
            **({"smsContent": message.text} if self._settings.sms_fallback else {}),
            **({"trafficType": traffic} if traffic else {}),
        }
        taken = await self._call(http, "messages", to_json(body), private=message.text)
        echoed = taken.get("messageId")
        kept = calling.json_text({"errorMessage": calling.words(taken.get("errorMessage"), message.text)})
        return Accepted(echoed if isinstance(echoed, str) and echoed else message.id, response=kept)

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId) -> RecallOutcome:
        """Asked for only: what became of it comes as a receipt, revokeOk or revokeFail (1b.5)."""
        body = {"messageId": message, "status": "RevokeRequested", "destinationAddress": [f"tel:{number}"]}
        await self._call(http, "revoke", to_json(body))
        return "not_found"

    async def upload(self, http: Http, media: Media) -> Uploaded:
        """Kept under an address of the platform's, which is what its cards may show (1b.3)."""
        content_type, data = calling.multipart_body("File", media.file_name, media.content_type, media.data)
        mode = {"uploadMode": self._settings.upload_mode, "content-type": content_type}
        files = (await self._call(http, "medias/upload", data, headers=mode)).get("fileInfo")
        kept = files[0] if isinstance(files, list) and files else None
        if not isinstance(kept, dict) or not isinstance(kept.get("url"), str):
            raise SendError("bad_answer", "the answer names no file", unknown=True)
        until = time_in(str(kept.get("until")), self._settings.zone)
        return Uploaded(str(kept["url"]), media.content_type, len(media.data), until)

    def share(self, shelf: Shelf) -> None:
        """Fetching a token makes the one before worthless (1b.2)."""
        self._access.shelf = shelf

    async def _call(
        self, http: Http, path: str, data: bytes, *, headers: dict[str, str] | None = None, private: str = ""
    ) -> dict[str, JsonValue]:
        """One call with a token; once more with a new one if the token was refused. Its answer, if it says 0."""
        for last in (False, True):
            token = await self._access.token(http)
            given = {**_headers(), "authorization": f"{self._settings.token_prefix}{token}", **(headers or {})}
            answer = await self._post(http, path, data, given)
            said = answer.json()
            code = _code(said)
            if last or (code not in TOKEN_CODES and answer.status != 401):
                break
            self._access.forget(token)
        if code == "0" and answer.status < 300:
            return said
        raise _refusal(answer, code, private, token, *self._keys, *self._callback_tokens)

    async def _grant(self, http: Http) -> Grant:
        """A new token; the one before is good no more (1b.2)."""
        asked = to_json({"appId": self._settings.app_id, "appKey": self._keys[0]})
        try:
            answer = await self._post(http, "accessToken", asked, _headers())
        except SendError as error:
            raise SendError(error.code, error.detail, retryable=True) from None
        said = answer.json()
        token, lifetime = said.get("accessToken"), str(said.get("expires"))
        if _code(said) == "0" and isinstance(token, str) and token and lifetime.isascii() and lifetime.isdigit():
            return Grant(token, float(lifetime[:9]))
        refusal = _refusal(answer, _code(said), *self._keys)
        if refusal.unknown:  # nothing was sent
            raise SendError("no_token", refusal.detail, retryable=True)
        raise refusal

    async def _post(self, http: Http, path: str, data: bytes, headers: dict[str, str]) -> Answer:
        url = URL(f"{self._base}/{path}", encoded=True)
        return await calling.call(http, "POST", url, timeout=self._timeout, headers=headers, data=data)


def signature(token: str, timestamp: str, nonce: str) -> str:
    """Hex SHA-256 of the three in the order of their characters (1b.6)."""
    return hashlib.sha256("".join(sorted((token, timestamp, nonce))).encode("utf-8", "backslashreplace")).hexdigest()


def _within(timestamp: str, now: datetime, window_s: int) -> bool:
    """Is that many seconds since 1970 near enough?"""
    digits = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
    return digits and abs(now.timestamp() - int(timestamp)) <= window_s


def _headers() -> dict[str, str]:
    """Without accept or date one operator answers as if the token were missing (1b.1)."""
    return {"accept": "application/json", "content-type": "application/json", "date": formatdate(usegmt=True)}


def _code(said: dict[str, JsonValue]) -> str:
    """errorCode, a number or one in a string; empty when there is none."""
    code = said.get("errorCode")
    return str(code) if re.fullmatch("-?[0-9]{1,6}", str(code)) else ""


def _refusal(answer: Answer, code: str, *private: str) -> SendError:
    if not code or code == "0":
        return calling.unreadable(answer)
    return SendError(code, calling.words(answer.json().get("errorMessage"), *private), **CODES.get(code, {}))
