"""Infobip: RCS and SMS. Facts: providers-rcs.md 4.2; status and error words as its API documentation lists them.

Our id is its message id. A repeated one is refused as a duplicate, which says that the first was taken. Its failover
from RCS to SMS is not asked for: that is ours to decide.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlencode

from pydantic import Field, JsonValue, SecretStr, ValidationError
from pydantic_core import to_json
from yarl import URL

from bot.carriers import calling, infobip_rcs, infobip_results, rbm
from bot.carriers.base import CarrierFactory, HttpUrl, Secrets, SenderSettings
from bot.carriers.calling import CONTENT, PERMANENT
from bot.carriers.http import Answer, Http
from bot.carriers.infobip_results import FACTS, Outcome, became
from bot.carriers.reading import international, json_object, one_of, reveal, unsigned
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Capability,
    Form,
    Item,
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    Status,
    WebhookRequest,
)

PATHS: Final[Mapping[Form, str]] = {"text": "/sms/3", "rbm": "/rcs/2"}
RICH: Final[Mapping[str, bool]] = {
    "ENABLED": True,
    **dict.fromkeys(("UNREACHABLE", "REJECTED_NETWORK", "INVALID_DESTINATION_ADDRESS"), False),
}
"""What a capability check says of a phone; its other codes say nothing."""


class InfobipSettings(SenderSettings):
    """An account at Infobip."""

    base_url: HttpUrl = Field(description="The account's own address, such as https://xxxxx.api.infobip.com.")
    api_key: SecretStr = Field(description="Its API key.")
    key_scheme: str = Field("App", description="The word in front of the key in Authorization.")
    webhook_keys: Secrets = Field(description="What its webhooks prove themselves with, as set in their subscription.")
    webhook_auth: Literal["hmac", "header"] = Field(
        "hmac", description="hmac: the header signs the body with the key, by SHA-256; header: it is the key itself."
    )
    webhook_header: str = Field("X-Infobip-Signature", description="The header its webhooks prove themselves in.")
    batch: int = Field(100, ge=1, description="Most messages in one call.")
    ask_batch: int = Field(5, ge=1, le=500, description="Most phones asked about in one call.")


class Infobip:
    """One account at Infobip. See `bot.carriers.base.Carrier`."""

    name = "infobip"
    idempotent_send = True
    receipts = True

    def __init__(self, account: AccountName, settings: InfobipSettings) -> None:
        self.account = account
        self.settings = settings
        self.forms = settings.forms
        self.batch = settings.batch
        self._keys = reveal(settings.webhook_keys)
        self._header = settings.webhook_header.lower()
        self._secret = settings.api_key.get_secret_value()
        self._timeout = calling.timeouts(settings)
        self._headers = {"Authorization": f"{settings.key_scheme} {self._secret}", "Content-Type": "application/json"}

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """As its subscription says: the header holds the key, or signs the body with it."""
        wanted: Sequence[str] = self._keys
        if self.settings.webhook_auth == "hmac":
            digests = [hmac.digest(key.encode(), request.body, hashlib.sha256) for key in self._keys]
            # Not documented is how the digest is written: either is as hard to guess.
            wanted = [text for one in digests for text in (one.hex(), base64.b64encode(one).decode())]
        if not one_of(request.headers.get(self._header, ""), wanted):
            raise unsigned(self.settings.webhook_header)

    def parse(self, request: WebhookRequest) -> Parsed:
        """Messages, taps, reports or events: one kind in a push."""
        results = json_object(request).get("results")
        if not isinstance(results, list):
            raise Refused(400, "bad_body", "expected a list of results")
        return Parsed(tuple(infobip_results.items(self.account, results)), Ack())

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """One message under our own id."""
        return calling.alone(await self._post(http, [message]))

    async def send_many(self, http: Http, messages: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """One call for each form and batch; a batch that is refused as a whole goes message by message."""

        async def send(group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
            try:
                return await self._post(http, group)
            except SendError as error:
                if not error.content or len(group) == 1:
                    raise
                return await asyncio.gather(*[calling.outcome(self.send(http, message)) for message in group])

        return await calling.in_groups(messages, lambda message: message.form, self.batch, send)

    async def _post(self, http: Http, group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """One call, with messages of one form. Raises SendError: none was taken, or any may have been."""
        data = to_json({"messages": [self._message(message) for message in group]})
        answer = await self._call(http, "POST", f"{PATHS[group[0].form]}/messages", data, group)
        taken = {str(one.get("messageId")): one for one in _dicts(answer, "messages")}
        return [_outcome(taken.get(message.id, {}), message) for message in group]

    def _message(self, message: Sendable) -> infobip_rcs.Json:
        cards = message.form == "rbm"
        said: infobip_rcs.Json = {
            "sender": self.settings.rcs_sender if cards else self.settings.sender,
            "destinations": [{"to": message.to.removeprefix("+"), "messageId": message.id}],
            "content": rbm.said(message, infobip_rcs.content) if cards else {"text": message.text},
        }
        if message.ttl_s is not None:
            said["options"] = {"validityPeriod": {"amount": max(message.ttl_s, 1), "timeUnit": "SECONDS"}}
        return said

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """Whether the phone shows RCS; None when Infobip could not tell."""
        return (await self.capabilities(http, [number])).get(number)

    async def capabilities(self, http: Http, numbers: Sequence[PhoneNumber]) -> Mapping[PhoneNumber, Capability]:
        """The same for many phones."""
        known: dict[PhoneNumber, Capability] = {}
        for first in range(0, len(numbers), self.settings.ask_batch):
            asked = [number.removeprefix("+") for number in numbers[first : first + self.settings.ask_batch]]
            data = to_json({"sender": self.settings.rcs_sender, "phoneNumbers": asked})
            answer = await self._call(http, "POST", "/rcs/2/capability-check/query", data)
            for told in _dicts(answer, "capabilityCheckResults"):
                number, code = international(str(told.get("phoneNumber"))), str(told.get("code"))
                if number and (rich := RICH.get(code)) is not None:
                    known[number] = Capability(rich, note="" if rich else code)
        return known

    async def look_up(
        self, http: Http, message: MessageId, number: PhoneNumber, provider_id: str, at: datetime
    ) -> Receipt | None:
        """By our id, in the logs of the last 48 hours."""
        for form in self.forms:
            answer = await self._call(http, "GET", f"{PATHS[form]}/logs?{urlencode({'messageId': message})}")
            for told in infobip_results.items(self.account, _dicts(answer, "results")):
                if isinstance(told, Receipt) and told.message == message:
                    return told
        return None

    async def pull(self, http: Http) -> AsyncIterator[Sequence[Item]]:
        """Reports, then replies to texts; replies over RCS come by webhook alone."""
        paths = [f"{PATHS[form]}/reports" for form in self.forms]
        for path in [*paths, *(["/sms/1/inbox/reports"] if "text" in self.forms else [])]:
            results = _dicts(await self._call(http, "GET", path), "results")
            yield list(infobip_results.items(self.account, results))

    async def _call(
        self, http: Http, method: str, path: str, data: bytes | None = None, about: Sequence[Sendable] = ()
    ) -> Answer:
        url = URL(self.settings.base_url + path, encoded=True)
        answer = await calling.call(http, method, url, timeout=self._timeout, headers=self._headers, data=data)
        if answer.status == 200:
            return answer
        raise _refused(answer, self._secret, *self._keys, *(message.text for message in about))


def _outcome(taken: dict[str, JsonValue], message: Sendable) -> Accepted | SendError:
    """What the answer says of one message; one it does not mention may have been taken."""
    try:
        status = Outcome.model_validate(taken.get("status"))
    except ValidationError:
        return SendError("bad_answer", "the answer does not say what became of the message", unknown=True)
    word = became(status)
    if word is Status.FAILED:
        detail = calling.words(status.description, message.text)
        return SendError(calling.word(status.name), detail, **FACTS.get(status.name, PERMANENT))
    if word is None:
        return SendError(calling.word(status.name) or "bad_answer", "a status that is not documented", unknown=True)
    details = taken.get("details")
    count = details.get("messageCount") if isinstance(details, dict) else None
    return Accepted(message.id, count if isinstance(count, int) else 1, calling.json_text({"status": status.name}))


def _refused(answer: Answer, *private: str) -> SendError:
    """An error of the whole call, in either of its two shapes."""
    match answer.json():
        case {"errorCode": code, "description": detail}:
            pass
        case {"requestError": {"serviceException": {"messageId": code, "text": detail}}}:
            pass
        case _:
            code = detail = ""
    word, words = calling.word(code), calling.words(detail, *private)
    if answer.status == 400:
        return SendError(word or "http_400", words, **CONTENT)
    return calling.by_status(answer, word, words)


def _dicts(answer: Answer, name: str) -> list[dict[str, JsonValue]]:
    """The objects of a list in an answer."""
    listed = answer.json().get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


CARRIER: Final = CarrierFactory(InfobipSettings, Infobip)
