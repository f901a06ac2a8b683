"""Google RCS for Business (RBM) API v1. Facts: providers-rcs.md 2.

A repeated message id is ignored by Google, so an unknown send may be made again with the same id.
Everything it pushes is one event per POST, signed over the decoded data with the webhook's client token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Annotated, Final, Literal
from urllib.parse import quote, urlencode

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import AfterValidator, ConfigDict, Field, JsonValue, SecretStr, ValidationError
from pydantic.alias_generators import to_camel
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings, HttpUrl, RecallOutcome, Secrets
from bot.carriers.calling import ACCOUNT, CONTENT, NOT_RCS, Facts
from bot.carriers.google_token import ServiceAccount
from bot.carriers.http import Answer, Http
from bot.carriers.reading import (
    E164,
    Payload,
    e164,
    flaw,
    json_object,
    json_value,
    one_of,
    our_id,
    reveal,
    time_in,
    unsigned,
)
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    Capability,
    Form,
    Inbound,
    Item,
    Kind,
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    Signal,
    Status,
    Tap,
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
STATUS: Final[Mapping[str, Status]] = {
    "DELIVERED": Status.DELIVERED,
    "READ": Status.READ,
    "TTL_EXPIRATION_REVOKED": Status.FAILED,  # certainly not delivered: a text may go
    "TTL_EXPIRATION_REVOKE_FAILED": Status.UNKNOWN,  # may be delivered: look for DELIVERED first
}
SIGNALS: Final[Mapping[str, Literal["typing", "subscribed", "unsubscribed"]]] = {
    "IS_TYPING": "typing",
    "SUBSCRIBE": "subscribed",
    "UNSUBSCRIBE": "unsubscribed",
}
FACTS: Final[Mapping[int, Facts]] = {
    400: CONTENT,  # a shape or feature this phone does not take
    401: ACCOUNT,
    403: NOT_RCS,  # an agent that is not launched, and not a tester's phone: a text reaches it
    404: NOT_RCS,
}
"""By HTTP status (2.8); 429 and 5xx are read by `calling.by_status`."""


def _pem(secret: SecretStr) -> SecretStr:
    try:
        if RSAKey.import_key(secret.get_secret_value()).is_private:
            return secret
    except (ValueError, JoseError):
        pass
    raise ValueError("must be the private_key of the service account's JSON file, in PEM form")


class GoogleRbmSettings(AccountSettings):
    """An agent at Google, and the service account that speaks for it (fields named as in its JSON key file)."""

    base_url: HttpUrl = Field(
        "https://rcsbusinessmessaging.googleapis.com/v1",
        description="Or a region: https://{us,europe,asia}-rcsbusinessmessaging.googleapis.com/v1.",
    )
    token_url: HttpUrl = Field("https://oauth2.googleapis.com/token", description="Where access tokens come from.")
    agent_id: str = Field(min_length=1, description="The agent's id, with or without @rbm.goog.")
    client_tokens: Secrets = Field(description="Client tokens of the webhook: they sign what Google posts.")
    client_email: str = Field(description="The service account's e-mail.")
    private_key: Annotated[SecretStr, AfterValidator(_pem)] = Field(description="Its RSA private key, PEM.")
    private_key_id: str = Field("", description="Its key's id.")


class _Google(Payload):
    model_config = ConfigDict(alias_generator=to_camel)


class _Suggestion(_Google):
    postback_data: str = ""
    text: str = ""
    type: str = "REPLY"


class _Place(_Google):
    latitude: float
    longitude: float


class _Payload(_Google):
    mime_type: str = ""
    file_uri: str


class _File(_Google):
    payload: _Payload


class _Message(_Google):
    sender_phone_number: E164
    message_id: str = ""
    event_id: str = ""
    send_time: str | None = None
    text: str | None = None
    suggestion_response: _Suggestion | None = None
    location: _Place | None = None
    user_file: _File | None = None


class _Event(_Google):
    event_type: str
    event_id: str = ""
    message_id: str | None = None
    sender_phone_number: str = ""
    phone_number: str = ""  # so named in server events
    send_time: str | None = None


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
        self._service = ServiceAccount(
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
        if _is_handshake(body):
            if not one_of(str(body["clientToken"]), self._tokens):
                raise unsigned("clientToken")
            return
        data = _data(body)
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
        if _is_handshake(body):
            return Parsed((), Ack(str(body["secret"])))
        try:
            event = json_value(_data(body))
        except Refused as refused:
            return Parsed((Bad(self.account, refused.detail),), Ack())
        if isinstance(event, dict) and "newLaunchState" in event:
            return Parsed((), Ack())  # an agent's launch on a carrier: of no person, and seen in Google's console
        return Parsed((self._item(event),), Ack())

    def _item(self, event: JsonValue) -> Item:
        if not isinstance(event, dict):
            return Bad(self.account, "the data is not a JSON object")
        if _bare(str(event.get("agentId", ""))) not in ("", _bare(self.settings.agent_id)):
            return Bad(self.account, "for another agent; give each agent a webhook of its own")
        try:
            if "eventType" in event:
                return self._event(_Event.model_validate(event))
            return self._message(_Message.model_validate(event))
        except ValidationError as error:
            return Bad(self.account, flaw(error))

    def _event(self, event: _Event) -> Item:
        number = e164(event.sender_phone_number or event.phone_number)
        message = our_id(event.message_id)
        if number and (signal := SIGNALS.get(event.event_type)):
            return Signal(self.account, number, signal, id=event.event_id)
        if message is None:
            return Bad(self.account, "an event without an id of ours")
        status = STATUS.get(event.event_type)
        return Receipt(
            self.account,
            status,
            event.event_type,
            message=message,
            provider_id=message,
            number=number,
            at=time_in(event.send_time),
            error=event.event_type if status is Status.FAILED else "",
        )

    def _message(self, message: _Message) -> Item:
        number, mark = message.sender_phone_number, message.message_id or message.event_id
        tapped = message.suggestion_response
        tap = Tap.of(tapped.postback_data) if tapped else None
        if tapped and not tap and (tapped.type == "ACTION" or not tapped.text):
            return Signal(self.account, number, "acted", id=mark)
        text = tapped.text if tapped else _said(message)
        if text is None:
            return Bad(self.account, "neither text, tap, place nor file")
        return Inbound(self.account, number, text, id=mark, tap=tap, at=time_in(message.send_time))

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

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId) -> RecallOutcome:
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

    async def _call(self, http: Http, method: str, url: URL, data: bytes | None = None, *, private: str = "") -> Answer:
        """One call with a token; once more with a new one if the token was refused."""
        for last in (False, True):
            token = await self._service.token(http)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            answer = await calling.call(http, method, url, timeout=self._timeout, headers=headers, data=data)
            if answer.status != 401 or last:
                break
            self._service.forget(token)
        if answer.status == 200:
            return answer
        raise _refused(answer, private, token, *self._tokens)


def _refused(answer: Answer, *private: str) -> SendError:
    """Google's error (2.8) as facts, under its status word."""
    error = answer.json().get("error")
    said = error if isinstance(error, dict) else {}
    code, detail = calling.word(said.get("status")), calling.words(said.get("message"), *private)
    if facts := FACTS.get(answer.status):
        return SendError(code or f"http_{answer.status}", detail, **facts)
    return calling.by_status(answer, code, detail)


def _is_handshake(body: Mapping[str, JsonValue]) -> bool:
    return "clientToken" in body and "secret" in body and "message" not in body


def _data(body: Mapping[str, JsonValue]) -> bytes:
    """The signed bytes of an envelope. Raises Refused 400."""
    message = body.get("message")
    data = message.get("data") if isinstance(message, dict) else None
    try:
        if isinstance(data, str):
            return base64.b64decode(data, validate=True)
    except ValueError:
        pass
    raise Refused(400, "bad_body", "expected base64 in message.data")


def _said(message: _Message) -> str | None:
    """The words of a message; a place as a geo: URI (RFC 5870), a file as its type and link."""
    if place := message.location:
        return f"geo:{place.latitude},{place.longitude}"
    if file := message.user_file:
        return f"[{file.payload.mime_type}] {file.payload.file_uri}"
    return message.text


def _bare(agent: str) -> str:
    return agent.removesuffix("@rbm.goog")
