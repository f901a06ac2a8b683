"""Vonage Messages API: RCS and SMS. Facts: providers-rcs.md 4.3.

Our id is its client reference, which comes back in every status. Its failover to another channel is not asked for: that
is ours to decide. It takes a message back by its own id alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from joserfc.jwk import RSAKey
from pydantic import Field, ValidationError
from pydantic_core import to_json
from yarl import URL

from bot.carriers import calling, vonage_events, vonage_jwt, vonage_rcs
from bot.carriers.base import CarrierFactory, HttpUrl, RecallOutcome, Secrets, SenderSettings
from bot.carriers.calling import PERMANENT
from bot.carriers.http import Answer, Http
from bot.carriers.private_keys import PrivateKey
from bot.carriers.reading import flaw, json_object, reveal
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    Capability,
    Kind,
    MessageId,
    Parsed,
    PhoneNumber,
    Sendable,
    WebhookRequest,
)

TTL_MAX_S: Final = 259_200
CATEGORY: Final[Mapping[Kind, str]] = {
    Kind.VERIFICATION: "authentication",
    Kind.CONVERSATION: "service-request",
    Kind.TRANSACTIONAL: "transaction",
    Kind.MARKETING: "promotion",
}


class VonageSettings(SenderSettings):
    """An application at Vonage."""

    base_url: HttpUrl = Field("https://api.nexmo.com/v1", description="Where its API is.")
    recall_url: HttpUrl = Field(
        "https://api-eu.nexmo.com/v1", description="The application's region, which takes messages back: eu, us or ap."
    )
    application_id: str = Field(min_length=1, description="The application's id.")
    private_key: PrivateKey = Field(description="Its RSA private key, PEM.")
    signature_secrets: Secrets = Field(description="The account's signature secret: it signs what Vonage posts.")
    sender: str = Field("", description="The number or name that texts come from; empty = this account sends none.")
    rcs_sender: str = Field("", description="The RCS agent that cards come from; empty = this account sends none.")
    jwt_ttl_s: int = Field(900, gt=vonage_jwt.EARLY_S, le=86_400, description="How long one JWT of ours is used.")
    ttl_min_s: int = Field(20, ge=0, description="The shortest life a message may be given, in seconds.")
    reply_label: str = Field("title", description="The field of `reply` that holds the tapped chip's words.")
    button_postback: str = Field("payload", description="The field of `button` that holds our postback.")
    button_label: str = Field("text", description="The field of `button` that holds the tapped button's words.")
    body_hashed: bool = Field(True, description="False believes webhooks whose JWT does not say the body's digest.")
    signed_within_s: int = Field(86_400, gt=0, description="How long a webhook's JWT is believed; repeats come late.")


class Vonage:
    """One application at Vonage. See `bot.carriers.base.Carrier`."""

    name = "vonage"
    idempotent_send = False
    receipts = True

    def __init__(self, account: AccountName, settings: VonageSettings) -> None:
        self.account = account
        self.settings = settings
        self.forms = settings.forms
        self._secrets = reveal(settings.signature_secrets)
        key = RSAKey.import_key(settings.private_key.get_secret_value())
        self._jwt = vonage_jwt.ApplicationJwt(settings.application_id, key, settings.jwt_ttl_s)
        self._url = URL(f"{settings.base_url}/messages")
        self._timeout = calling.timeouts(settings)
        self._tapped = vonage_events.Tapped(settings.reply_label, settings.button_postback, settings.button_label)

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """A bearer JWT, signed with the signature secret, with the body's digest."""
        within_s, hashed = self.settings.signed_within_s, self.settings.body_hashed
        vonage_jwt.verify(request, self._secrets, within_s=within_s, hashed=hashed)

    def parse(self, request: WebhookRequest) -> Parsed:
        """One message, or one status."""
        body = json_object(request)
        if "message_uuid" not in body:
            raise Refused(400, "bad_body", "expected a message_uuid")
        try:
            return Parsed(tuple(vonage_events.items(self.account, self._tapped, body)), Ack())
        except ValidationError as error:
            return Parsed((Bad(self.account, flaw(error)),), Ack())

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """A text over SMS or a card over RCS, with our id as its client reference."""
        answer = await self._call(http, "POST", self._url, to_json(self._body(message)))
        provider_id = answer.json().get("message_uuid")
        if answer.status == 202 and isinstance(provider_id, str):
            return Accepted(provider_id)
        raise _refused(answer, message.text, self._jwt.token(), *self._secrets)

    def _body(self, message: Sendable) -> dict[str, object]:
        body: dict[str, object] = {"to": message.to.removeprefix("+"), "client_ref": message.id}
        if message.form == "rbm":
            body |= {"channel": "rcs", "from": self.settings.rcs_sender}
            body |= vonage_rcs.content(message.rich or {}, CATEGORY[message.kind])
        else:
            body |= {"channel": "sms", "from": self.settings.sender, "message_type": "text", "text": message.text}
        if message.ttl_s is not None:
            body["ttl"] = min(max(message.ttl_s, self.settings.ttl_min_s), TTL_MAX_S)
        return body

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """What the phone can show, as Google says through it; one it does not reach is not rich."""
        agent, phone = quote(self.settings.rcs_sender, safe=""), number.removeprefix("+")
        path = f"/channel-manager/rcs/agents/{agent}/google/phones/{phone}/capabilities"
        answer = await self._call(http, "GET", URL(self.settings.base_url + path, encoded=True))
        if answer.status == 404:
            return Capability(rich=False, note="not_found")
        if answer.status != 200:
            raise _refused(answer, self._jwt.token(), *self._secrets)
        features = answer.json().get("features")
        known = frozenset(map(str, features)) if isinstance(features, list) else frozenset()
        return Capability(rich="RICHCARD_STANDALONE" in known, features=known)

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId, provider_id: str = "") -> RecallOutcome:
        """By its own id. One that was delivered and one it does not know are refused alike."""
        if not provider_id:
            raise SendError("no_recall", "Vonage takes a message back by its own id alone")
        url = URL(f"{self.settings.recall_url}/messages/{quote(provider_id, safe='')}", encoded=True)
        answer = await self._call(http, "PATCH", url, to_json({"status": "revoked"}))
        if answer.status in (200, 202, 204):
            return "revoked"
        if answer.status in (404, 422):
            return "not_found"
        raise _refused(answer, self._jwt.token(), *self._secrets)

    async def _call(self, http: Http, method: str, url: URL, data: bytes | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._jwt.token()}", "Content-Type": "application/json"}
        return await calling.call(http, method, url, timeout=self._timeout, headers=headers, data=data)


def _refused(answer: Answer, *private: str) -> SendError:
    """Its problem+json as facts: by the HTTP status where that says it, else by the code its type ends with."""
    said = answer.json()
    code = calling.word(str(said.get("type", "")).rpartition("#")[2])
    detail = calling.words(said.get("detail"), *private)
    if answer.status < 300:
        return calling.unreadable(answer)
    if answer.status in (401, 403, 429) or answer.status >= 500 or not code:
        return calling.by_status(answer, code, detail)
    return SendError(code, detail, **vonage_events.CODES.get(code, PERMANENT))


CARRIER: Final = CarrierFactory(VonageSettings, Vonage)
