"""Sinch Conversation API: RCS and SMS. Facts: providers-rcs.md 4.1, and the payloads of its own SDKs.

Our id is the message's metadata, which comes back in every report. One channel is named per message: its fallback to
another is not asked for, that is ours to decide. A tap comes without the label of its button.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import to_json
from yarl import URL

from bot.carriers import calling, rbm, sinch_events, sinch_rcs
from bot.carriers.base import AccountSettings, CarrierFactory, HttpUrl, Secrets
from bot.carriers.calling import ACCOUNT, CONTENT, Facts
from bot.carriers.http import Answer, Http
from bot.carriers.oauth import AccessToken
from bot.carriers.reading import flaw, json_object, one_of, reveal, unsigned
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    Form,
    Parsed,
    Sendable,
    WebhookRequest,
)

JSON: Final = {"Content-Type": "application/json"}
FORMS: Final[Mapping[str, Form]] = {"SMS": "text", "RCS": "rbm"}
FACTS: Final[Mapping[int, Facts]] = {
    400: CONTENT,
    404: ACCOUNT,  # no such project or app
}
"""By HTTP status; the others are read by `calling.by_status`."""


class SinchSettings(AccountSettings):
    """An app of Sinch's Conversation API."""

    base_url: HttpUrl = Field("https://us.conversation.api.sinch.com", description="Or another region's: us, eu, br.")
    token_url: HttpUrl = Field("https://auth.sinch.com/oauth2/token", description="Where access tokens come from.")
    project_id: str = Field(min_length=1, description="The project's id.")
    app_id: str = Field(min_length=1, description="The app's id.")
    key_id: str = Field(min_length=1, description="An access key's id.")
    key_secret: SecretStr = Field(description="Its secret.")
    webhook_keys: Secrets = Field(description="Secrets of the app's webhooks: they sign what Sinch posts.")
    channels: tuple[Literal["SMS", "RCS"], ...] = Field(
        ("SMS", "RCS"), min_length=1, description="Channels the app is set up for."
    )
    sender: str = Field("", description="The number texts come from; empty = the app's own.")
    unknown_phones: Literal["text", "rich"] = Field(
        "rich", description="Phones cannot be asked: send it texts, or try RCS until a receipt says it has none."
    )
    fallback_url: str = Field(
        "",
        description="Where a calendar or place button leads on a phone without it; empty = those cards go as text.",
    )
    signed_within_s: int = Field(86_400, gt=0, description="How long a signature is believed; repeats come late.")


class Sinch:
    """One app at Sinch. See `bot.carriers.base.Carrier`."""

    name = "sinch"
    idempotent_send = False
    receipts = True

    def __init__(self, account: AccountName, settings: SinchSettings) -> None:
        self.account = account
        self.settings = settings
        self.forms = frozenset(FORMS[channel] for channel in settings.channels)
        self._keys = reveal(settings.webhook_keys)
        self._url = URL(f"{settings.base_url}/v1/projects/{settings.project_id}/messages:send")
        self._secret = settings.key_secret.get_secret_value()
        basic = base64.b64encode(f"{settings.key_id}:{self._secret}".encode()).decode()
        self._access = AccessToken(
            settings.token_url,
            calling.timeouts(settings),
            lambda: {"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        )

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """Its signature covers body, nonce and time, and is not believed for ever."""
        nonce = request.headers.get("x-sinch-webhook-signature-nonce", "")
        at = request.headers.get("x-sinch-webhook-signature-timestamp", "")
        wanted = [sign(request.body, nonce, at, key) for key in self._keys]
        if not one_of(request.headers.get("x-sinch-webhook-signature", ""), wanted):
            raise unsigned("x-sinch-webhook-signature")
        signed_at = float(at) if at.isascii() and at.isdigit() else 0.0
        if request.received_at.timestamp() - signed_at > self.settings.signed_within_s:
            raise Refused(401, "stale", "the signature is older than signed_within_s; check the clock")

    def parse(self, request: WebhookRequest) -> Parsed:
        """One event: a message, a report, or something else about the app."""
        body = json_object(request)
        if "app_id" not in body:
            raise Refused(400, "bad_body", "expected an event of an app")
        if body["app_id"] != self.settings.app_id:
            return Parsed((Bad(self.account, "for another app; give each app an account of its own"),), Ack())
        try:
            return Parsed(tuple(sinch_events.items(self.account, body)), Ack())
        except ValidationError as error:
            return Parsed((Bad(self.account, flaw(error)),), Ack())

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """A text over SMS or a card over RCS, with our id as its metadata."""
        answer, token = await self._access.call(http, "POST", self._url, JSON, to_json(self._body(message)))
        taken = answer.json()
        provider_id = taken.get("message_id")
        if answer.status == 200 and isinstance(provider_id, str):
            kept = calling.json_text({name: taken[name] for name in ("accepted_time",) if name in taken})
            return Accepted(provider_id, response=kept)
        raise _refused(answer, message.text, token, self._secret, *self._keys)

    def _body(self, message: Sendable) -> dict[str, object]:
        channel = "RCS" if message.form == "rbm" else "SMS"
        said = rbm.said(message, self._content) if channel == "RCS" else {"text_message": {"text": message.text}}
        recipient = {"identified_by": {"channel_identities": [{"channel": channel, "identity": message.to}]}}
        body: dict[str, object] = {
            "app_id": self.settings.app_id,
            "recipient": recipient,
            "channel_priority_order": [channel],
            "message": said,
            "message_metadata": message.id,
        }
        if channel == "SMS" and self.settings.sender:
            body["channel_properties"] = {"SMS_SENDER": self.settings.sender}
        if message.ttl_s is not None:
            body["ttl"] = f"{max(message.ttl_s, 1)}s"
        return body

    def _content(self, message: rbm.Message) -> sinch_rcs.Json:
        return sinch_rcs.content(message, self.settings.fallback_url)


def sign(body: bytes, nonce: str, at: str, key: str) -> str:
    """The signature of a webhook: HMAC-SHA256 of body, nonce and time, joined by dots (4.1)."""
    told = b".".join([body, *(part.encode("utf-8", "backslashreplace") for part in (nonce, at))])
    return base64.b64encode(hmac.digest(key.encode(), told, hashlib.sha256)).decode()


def _refused(answer: Answer, *private: str) -> SendError:
    """Its error, {"error": {"code", "status", "message"}}, under its status word."""
    error = answer.json().get("error")
    said = error if isinstance(error, dict) else {}
    code, detail = calling.word(said.get("status")), calling.words(said.get("message"), *private)
    if answer.status < 300:
        return calling.unreadable(answer)
    if facts := FACTS.get(answer.status):
        return SendError(code or f"http_{answer.status}", detail, **facts)
    return calling.by_status(answer, code, detail)


CARRIER: Final = CarrierFactory(SinchSettings, Sinch)
