"""The sandbox: the carrier of the handset page, the terminal chat and the tests.

A provider of our own making: `POST {base_url}/messages` out, one signed JSON list of items in.
The handset (`bot.handset`) speaks the other side.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import quote

from pydantic import Field, JsonValue, ValidationError
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings, CarrierFactory, RecallOutcome, Secrets
from bot.carriers.http import Answer, Http
from bot.carriers.reading import E164, Payload, flaw, json_object, one_of, our_id, reveal, unsigned
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

STATUS: Final[Mapping[str, Status]] = {
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
}
OUTCOMES: Final[Mapping[str, RecallOutcome]] = {
    "revoked": "revoked",
    "delivered": "delivered",
    "not_found": "not_found",
}


class SandboxSettings(AccountSettings):
    """An account on a sandbox phone."""

    keys: Secrets = Field(description="Shared with the handset: bearer token out, HMAC key in.")


class _Text(Payload):
    id: str
    from_: E164 = Field(alias="from")
    text: str


class _Tap(Payload):
    id: str
    from_: E164 = Field(alias="from")
    postback: str
    label: str


class _Receipt(Payload):
    message: str
    status: str
    provider_id: str = ""
    error: str = ""


class _Location(Payload):
    id: str
    from_: E164 = Field(alias="from")
    latitude: float
    longitude: float


class _Typing(Payload):
    id: str
    from_: E164 = Field(alias="from")


class Sandbox:
    """One account on a sandbox phone. See `bot.carriers.base.Carrier`."""

    name = "sandbox"
    forms: frozenset[Form] = frozenset({"text", "rbm"})
    idempotent_send = True
    receipts = True

    def __init__(self, account: AccountName, settings: SandboxSettings) -> None:
        self.account = account
        self.settings = settings
        self._keys = reveal(settings.keys)
        self._timeout = calling.timeouts(settings)
        self._headers = {"Authorization": f"Bearer {self._keys[0]}", "Content-Type": "application/json"}

    def verify(self, request: WebhookRequest) -> None:
        """X-Sandbox-Signature: hex HMAC-SHA256 over the body."""
        wanted = [hmac.new(key.encode(), request.body, hashlib.sha256).hexdigest() for key in self._keys]
        if not one_of(request.headers.get("x-sandbox-signature", ""), wanted):
            raise unsigned("X-Sandbox-Signature")

    def parse(self, request: WebhookRequest) -> Parsed:
        """A JSON object with a list of items."""
        items = json_object(request).get("items")
        if not isinstance(items, list):
            raise Refused(400, "bad_body", "expected a list of items")
        return Parsed(tuple(self._item(item) for item in items), Ack())

    def _item(self, item: JsonValue) -> Item:
        what = item.get("type") if isinstance(item, dict) else None
        try:
            match what:
                case "text":
                    text = _Text.model_validate(item)
                    return Inbound(self.account, text.from_, text.text, id=text.id)
                case "tap":
                    tap = _Tap.model_validate(item)
                    return Inbound(self.account, tap.from_, tap.label, id=tap.id, tap=Tap.of(tap.postback))
                case "acted":
                    return self._acted(_Tap.model_validate(item))
                case "location":
                    at = _Location.model_validate(item)
                    return Inbound(self.account, at.from_, f"geo:{at.latitude},{at.longitude}", id=at.id)
                case "receipt":
                    return self._receipt(_Receipt.model_validate(item))
                case "typing":
                    typing = _Typing.model_validate(item)
                    return Signal(self.account, typing.from_, "typing", id=typing.id)
                case _:
                    return Bad(self.account, "an item of unknown type")
        except ValidationError as error:
            return Bad(self.account, f"{what}: {flaw(error)}")

    def _acted(self, acted: _Tap) -> Inbound | Signal:
        """A tap on an action: told, unless it carries an answer of ours."""
        if tap := Tap.of(acted.postback):
            return Inbound(self.account, acted.from_, acted.label, id=acted.id, tap=tap)
        return Signal(self.account, acted.from_, "acted", id=acted.id)

    def _receipt(self, receipt: _Receipt) -> Receipt | Bad:
        message = our_id(receipt.message)
        if message is None:
            return Bad(self.account, "receipt: message is not an id of ours")
        return Receipt(
            self.account,
            STATUS.get(receipt.status),
            receipt.status,
            message=message,
            provider_id=receipt.provider_id,
            error=receipt.error,
        )

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """The same id again is taken and ignored."""
        body = {
            "id": message.id,
            "to": message.to,
            "kind": message.kind,
            "form": message.form,
            "text": message.text,
            "rich": message.rich,
            "ttl_s": message.ttl_s,
        }
        answer = await self._call(http, "POST", "/messages", json.dumps(body, ensure_ascii=False).encode())
        return Accepted(str(answer.json().get("id", "")))

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """Whether that phone has RCS switched on."""
        said = (await self._call(http, "GET", f"/capabilities?number={quote(number, safe='')}")).json()
        features = said.get("features")
        return Capability(
            rich=said.get("rich") is True,
            features=frozenset(map(str, features)) if isinstance(features, list) else frozenset(),
        )

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId, provider_id: str = "") -> RecallOutcome:
        """Possible until the phone has it."""
        answer = await self._call(http, "DELETE", f"/messages/{message}?number={quote(number, safe='')}")
        outcome = OUTCOMES.get(str(answer.json().get("outcome")))
        if outcome is None:
            raise calling.unreadable(answer)
        return outcome

    async def tell(
        self, http: Http, number: PhoneNumber, event: Literal["IS_TYPING", "READ"], message: str = ""
    ) -> None:
        """What a phone shows beside messages. message: the person's message that was read. Raises SendError."""
        body = {"to": number, "event": event, "message": message}
        await self._call(http, "POST", "/events", json.dumps(body).encode())

    async def _call(self, http: Http, method: str, path: str, data: bytes | None = None) -> Answer:
        url = URL(self.settings.base_url + path, encoded=True)
        answer = await calling.call(http, method, url, timeout=self._timeout, headers=self._headers, data=data)
        if answer.status == 200:
            return answer
        error = calling.word(answer.json().get("error"))
        if answer.status == 404:
            raise SendError(error or "not_found", not_rcs=error == "not_rcs")
        if answer.status == 503:
            raise SendError(error or "busy", retryable=True)
        raise calling.by_status(answer, error)


CARRIER: Final = CarrierFactory(SandboxSettings, Sandbox)
