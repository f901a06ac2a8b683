"""Twilio Programmable Messaging: SMS and RCS. Facts: providers-rcs.md 3.

It has no field for an id of ours: that goes in the query of the status callback's URL, which its signature covers.
It signs the public URL, so it must be told which one that is. A card goes as a registered content template; one without
goes as its text form. Fallback from RCS to SMS is not asked of it: that is ours to decide.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Final, Literal, Self, TypeAlias
from urllib.parse import quote, urlencode

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import CarrierFactory, HttpUrl, Secrets, SenderSettings
from bot.carriers.calling import throttled
from bot.carriers.http import Answer, Http
from bot.carriers.reading import flaw, form, is_json, json_object, one_of, our_id, reveal, unsigned
from bot.carriers.twilio_events import CODES, STATUS, items
from bot.carriers.twilio_signing import sign, spellings
from bot.errors import SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    WebhookRequest,
)

ACK: Final = Ack("<Response/>", "text/xml")
"""TwiML that says nothing to the person."""
VALIDITY_MAX_S: Final = 36_000

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def _url(secret: SecretStr) -> SecretStr:
    parsed = URL(secret.get_secret_value())
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.raw_query_string:
        raise ValueError("must be a URL such as https://bot.example.com/webhooks/sms/a-secret, without a query")
    return secret


WebhookUrl: TypeAlias = Annotated[SecretStr, AfterValidator(_url)]


class TwilioSettings(SenderSettings):
    """An account at Twilio."""

    base_url: HttpUrl = Field("https://api.twilio.com/2010-04-01", description="Where its API is.")
    account_sid: str = Field(pattern="^AC[0-9a-f]{32}$", description="The account's SID.")
    auth_tokens: Secrets = Field(description="Auth tokens; the first sends, all verify what Twilio posts.")
    webhook_urls: Annotated[tuple[WebhookUrl, ...], Field(max_length=2)] = Field(
        (),
        description="Its webhook as Twilio was given it, to the letter, for it is signed; two while one rotates out. "
        "None: public_url with the account and its webhook_secrets.",
    )
    sender: str = Field("", description="Number, short code, name or messaging service (MG…) that texts come from.")
    rcs_sender: str = Field("", pattern="^[^:]*$", description="The RCS sender's id, without rcs: before it.")
    rcs_to: str = Field("rcs:", description="What stands before the number that a card goes to.")
    unknown_phones: Literal["text", "rich"] = Field(
        "rich", description="Phones cannot be asked: send it texts, or try RCS until a receipt says it has none."
    )

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if not (self.webhook_urls or self.public_url):
            raise ValueError("webhook_urls: say how Twilio reaches us, here or as web.public_url")
        return self


class Twilio:
    """One account at Twilio. See `bot.carriers.base.Carrier`."""

    name = "twilio"
    idempotent_send = False
    receipts = True

    def __init__(self, account: AccountName, settings: TwilioSettings) -> None:
        self.account = account
        self.settings = settings
        self.forms = settings.forms
        self._tokens = reveal(settings.auth_tokens)
        self._timeout = calling.timeouts(settings)
        self._messages = f"{settings.base_url}/Accounts/{settings.account_sid}/Messages"
        self._url = URL(f"{self._messages}.json")
        webhooks = reveal(settings.webhook_urls) or calling.webhook_urls(account, settings)
        self._callback = webhooks[0]
        self._webhooks = [spelling for url in webhooks for spelling in spellings(url)]
        basic = base64.b64encode(f"{settings.account_sid}:{self._tokens[0]}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}", **FORM}

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """X-Twilio-Signature covers the URL with its query, and the form; the query digests a JSON body (3.4)."""
        content_type = request.headers.get("content-type", "")
        fields: Iterable[tuple[str, str]] = ()
        if is_json(content_type):
            if not one_of(request.query.get("bodySHA256", ""), [hashlib.sha256(request.body).hexdigest()]):
                raise unsigned("bodySHA256")
        else:
            fields = _form(content_type, request.body).items()
        query = f"?{urlencode(list(request.query.items()), errors='backslashreplace')}" if request.query else ""
        wanted = [sign(url + query, fields, token) for url in self._webhooks for token in self._tokens]
        if not one_of(request.headers.get("x-twilio-signature", ""), wanted):
            raise unsigned("X-Twilio-Signature")

    def parse(self, request: WebhookRequest) -> Parsed:
        """One message, or one status."""
        content_type = request.headers.get("content-type", "")
        fields = json_object(request) if is_json(content_type) else dict(_form(content_type, request.body))
        try:
            return Parsed(tuple(items(self.account, fields, our_id(request.query.get("message")))), ACK)
        except ValidationError as error:
            return Parsed((Bad(self.account, flaw(error)),), ACK)

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """A text, or a content template over RCS (3.1)."""
        answer = await self._call(http, "POST", self._url, calling.form_body(self._fields(message)))
        taken = answer.json()
        sid, segments = taken.get("sid"), str(taken.get("num_segments"))
        if answer.status != 201 or not isinstance(sid, str):
            raise _refused(answer, message.text, *self._tokens)
        kept = calling.json_text({name: taken[name] for name in ("status", "date_created") if name in taken})
        return Accepted(sid, int(segments) if segments.isdecimal() else 1, kept)

    def _fields(self, message: Sendable) -> dict[str, str]:
        sender, to = self.settings.sender, str(message.to)
        if message.form == "rbm":
            sender, to = f"rcs:{self.settings.rcs_sender}", self.settings.rcs_to + to
        by_service = message.form == "text" and sender.startswith("MG")
        fields = {
            "To": to,
            "MessagingServiceSid" if by_service else "From": sender,
            "StatusCallback": f"{self._callback}?message={message.id}",
        }
        if message.form == "rbm" and message.template:
            fields["ContentSid"] = message.template.code
            fields["ContentVariables"] = calling.json_text(dict(message.template.params))
        else:
            fields["Body"] = message.text
        if message.ttl_s is not None:
            fields["ValidityPeriod"] = str(min(max(message.ttl_s, 1), VALIDITY_MAX_S))
        return fields

    async def look_up(
        self, http: Http, message: MessageId, number: PhoneNumber, provider_id: str, at: datetime
    ) -> Receipt | None:
        """By its own id alone; without one, its status callback brings ours."""
        if not provider_id:
            return None
        answer = await self._call(
            http, "GET", URL(f"{self._messages}/{quote(provider_id, safe='')}.json", encoded=True)
        )
        if answer.status == 404:
            return None
        told = answer.json()
        if answer.status != 200:
            raise _refused(answer, *self._tokens)
        error, word = told.get("error_code"), str(told.get("status"))
        status = STATUS.get(word)
        return Receipt(
            self.account, status, word, message, provider_id, number, error="" if error is None else str(error)
        )

    async def _call(self, http: Http, method: str, url: URL, data: bytes | None = None) -> Answer:
        return await calling.call(http, method, url, timeout=self._timeout, headers=self._headers, data=data)


def _refused(answer: Answer, *private: str) -> SendError:
    """Its error (3.5) as facts, by its code, else by the HTTP status."""
    said = answer.json()
    code, detail = said.get("code"), calling.words(said.get("message"), *private)
    if not isinstance(code, int):
        return calling.unreadable(answer)
    if code not in CODES:
        return calling.by_status(answer, str(code), detail)
    facts = CODES[code]
    if facts.get("throttled"):
        facts = throttled(calling.retry_after_s(answer.headers))
    return SendError(str(code), detail, **facts)


@lru_cache(maxsize=1)  # verify and parse read the same push, one after the other
def _form(content_type: str, body: bytes) -> Mapping[str, str]:
    return form(content_type, body)


CARRIER: Final = CarrierFactory(TwilioSettings, Twilio)
