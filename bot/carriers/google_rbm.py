"""Google RCS for Business (RBM) API v1. Facts: providers-rcs.md 2.

A repeated message id is ignored by Google, so an unknown send may be made again with the same id.
Everything it pushes is one event per POST, signed over the decoded data with the webhook's client token.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import quote, urlencode

from joserfc.jwk import RSAKey
from pydantic import Field
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings, CarrierFactory, HttpUrl, Media, RecallOutcome, Secrets, Uploaded
from bot.carriers.google_errors import refusal
from bot.carriers.google_pushed import is_handshake, item, signed_data
from bot.carriers.google_token import service_account
from bot.carriers.http import Answer, Http
from bot.carriers.private_keys import PrivateKey
from bot.carriers.reading import json_object, json_value, one_of, reveal, unsigned
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    Capability,
    Form,
    Kind,
    MessageId,
    Parsed,
    PhoneNumber,
    Sendable,
    WebhookRequest,
)

SCOPE: Final = "https://www.googleapis.com/auth/rcsbusinessmessaging"
TTL_MIN_S: Final = 10
TTL_MAX_S: Final = 15 * 86_400

TRAFFIC: Final[Mapping[Kind, str]] = {
    Kind.VERIFICATION: "AUTHENTICATION",
    Kind.CONVERSATION: "SERVICEREQUEST",
    Kind.TRANSACTIONAL: "TRANSACTION",
    Kind.MARKETING: "PROMOTION",
}
BATCH_MIN: Final = 500
BATCH_MAX: Final = 1000
"""Numbers asked about in one call: Google takes 500 to 10,000 (2.3), and the answer must fit `ANSWER_LIMIT_BYTES`."""
SINGLE: Final = 20
"""Fewer than BATCH_MIN are asked about one by one, so many at a time."""


class GoogleRbmSettings(AccountSettings):
    """An agent at Google, and the service account that speaks for it (fields named as in its JSON key file)."""

    base_url: HttpUrl = Field(
        "https://rcsbusinessmessaging.googleapis.com/v1",
        description="Or a region, which asking about many phones needs: "
        "https://{us,europe,asia}-rcsbusinessmessaging.googleapis.com/v1.",
    )
    token_url: HttpUrl = Field("https://oauth2.googleapis.com/token", description="Where access tokens come from.")
    agent_id: str = Field(min_length=1, description="The agent's id, with or without @rbm.goog.")
    client_tokens: Secrets = Field(description="Client tokens of the webhook: they sign what Google posts.")
    client_email: str = Field(description="The service account's e-mail.")
    private_key: PrivateKey = Field(description="Its RSA private key, PEM.")
    private_key_id: str = Field("", description="Its key's id.")


class GoogleRbm:
    """One agent at Google. See `bot.carriers.base.Carrier`."""

    name = "google_rbm"
    forms: frozenset[Form] = frozenset({"rbm"})  # its plain text is RCS too: a phone without RCS gets nothing
    idempotent_send = True
    receipts = True

    def __init__(self, account: AccountName, settings: GoogleRbmSettings) -> None:
        self.account = account
        self.settings = settings
        self._tokens = reveal(settings.client_tokens)
        self._timeout = calling.timeouts(settings)
        self._access = service_account(
            email=settings.client_email,
            key=RSAKey.import_key(settings.private_key.get_secret_value()),
            key_id=settings.private_key_id,
            scope=SCOPE,
            token_url=settings.token_url,
            timeout=self._timeout,
        )

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """A handshake shows the client token; anything else is signed with it (2.5)."""
        body = json_object(request)
        if is_handshake(body):
            if not one_of(str(body["clientToken"]), self._tokens):
                raise unsigned("clientToken")
            return
        data = signed_data(body)
        wanted = [
            base64.b64encode(hmac.digest(token.encode(), data, hashlib.sha512)).decode() for token in self._tokens
        ]
        if not one_of(request.headers.get("x-goog-signature", ""), wanted):
            raise unsigned("X-Goog-Signature")

    def parse(self, request: WebhookRequest) -> Parsed:
        """One event or message, or the handshake. What is signed but unreadable is Bad, not refused:

        Google repeats a refused event for 7 days and holds back all behind it.
        """
        body = json_object(request)
        if is_handshake(body):
            return Parsed((), Ack(str(body["secret"])))
        try:
            event = json_value(signed_data(body))
        except Refused as refused:
            return Parsed((Bad(self.account, refused.detail),), Ack())
        if isinstance(event, dict) and "newLaunchState" in event:
            return Parsed((), Ack())  # an agent's launch on a carrier: of no person, and seen in Google's console
        return Parsed((item(self.account, self.settings.agent_id, event),), Ack())

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """A text or a contentMessage, under our own id (2.2)."""
        content = message.rich if message.form == "rbm" else {"text": message.text}
        body: dict[str, object] = {"contentMessage": content, "messageTrafficType": TRAFFIC[message.kind]}
        if message.ttl_s is not None:
            body["ttl"] = f"{min(max(message.ttl_s, TTL_MIN_S), TTL_MAX_S)}s"
        url = self._url(message.to, "agentMessages", messageId=message.id)
        data = json.dumps(body, ensure_ascii=False).encode()
        taken = (await self._call(http, "POST", url, data, private=message.text)).json()
        kept = {name: taken[name] for name in ("sendTime", "carrier") if name in taken}
        return Accepted(message.id, response=json.dumps(kept))  # its `name` holds the number

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """What the phone can show (2.3); one that the agent cannot reach is not rich, and `note` says why."""
        url = self._url(number, "capabilities", requestId=str(uuid.uuid4()))
        try:
            features = (await self._call(http, "GET", url)).json().get("features")
        except SendError as error:
            if error.not_rcs:
                return Capability(rich=False, note=error.code)
            raise
        known = frozenset(map(str, features)) if isinstance(features, list) else frozenset()
        return Capability(rich="RICHCARD_STANDALONE" in known, features=known)

    async def capabilities(self, http: Http, numbers: Sequence[PhoneNumber]) -> Mapping[PhoneNumber, Capability]:
        """All of them; asked together (2.3), nothing is said of features. Fewer than BATCH_MIN are asked singly."""
        each = list(dict.fromkeys(numbers))
        able: dict[PhoneNumber, Capability] = {}
        if len(each) < BATCH_MIN:
            for start in range(0, len(each), SINGLE):
                some = each[start : start + SINGLE]
                known = await asyncio.gather(*(self.capability(http, number) for number in some))
                able |= {number: one for number, one in zip(some, known, strict=True) if one is not None}
            return able
        calls = -(-len(each) // BATCH_MAX)
        for first in range(calls):
            able |= await self._reachable(http, each[first::calls])
        return able

    async def _reachable(self, http: Http, numbers: Sequence[PhoneNumber]) -> dict[PhoneNumber, Capability]:
        body = json.dumps({"users": numbers, "agentId": self.settings.agent_id}).encode()
        url = URL(f"{self.settings.base_url}/users:batchGet", encoded=True)
        answer = await self._call(http, "POST", url, body)
        listed = answer.json().get("reachableUsers", [])  # an empty list is left out
        if not isinstance(listed, list):
            raise calling.unreadable(answer)
        reached = frozenset(map(str, listed))
        return {number: Capability(rich=number in reached, note="batchGet") for number in numbers}

    async def upload(self, http: Http, media: Media) -> Uploaded:
        """Kept for 60 days, under a name for `uploadedRbmFile.fileName` (2.1, 2.2)."""
        root, _, version = self.settings.base_url.rpartition("/")
        named = urlencode({"agentId": self.settings.agent_id})
        url = URL(f"{root}/upload/{version}/files?{named}", encoded=True)
        answer = await self._call(http, "POST", url, media.data, content_type=media.content_type)
        name = answer.json().get("name")
        if not isinstance(name, str):
            raise calling.unreadable(answer)
        return Uploaded(name, media.content_type, len(media.data))

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId, provider_id: str = "") -> RecallOutcome:
        """404 says too late or never known: not which (2.1)."""
        try:
            await self._call(http, "DELETE", self._url(number, f"agentMessages/{message}"))
        except SendError as error:
            if error.code == "NOT_FOUND":
                return "not_found"
            raise
        return "revoked"

    async def tell(
        self, http: Http, number: PhoneNumber, event: Literal["IS_TYPING", "READ"], message: str = ""
    ) -> None:
        """An agent event (2.4). message: the person's message that was read. Raises SendError."""
        body = {"eventType": event, **({"messageId": message} if message else {})}
        url = self._url(number, "agentEvents", eventId=str(uuid.uuid4()))
        await self._call(http, "POST", url, json.dumps(body).encode())

    def _url(self, number: PhoneNumber, path: str, **query: str) -> URL:
        named = urlencode({**query, "agentId": self.settings.agent_id})
        return URL(f"{self.settings.base_url}/phones/{quote(number, safe='')}/{path}?{named}", encoded=True)

    async def _call(
        self,
        http: Http,
        method: str,
        url: URL,
        data: bytes | None = None,
        *,
        private: str = "",
        content_type: str = "application/json",
    ) -> Answer:
        """One call with a token; once more with a new one if the token was refused."""
        answer, token = await self._access.call(http, method, url, {"Content-Type": content_type}, data)
        if answer.status == 200:
            return answer
        raise refusal(answer, private, token, *self._tokens)


CARRIER: Final = CarrierFactory(GoogleRbmSettings, GoogleRbm)
