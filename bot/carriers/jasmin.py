"""Jasmin: an HTTP gateway to operators' SMPP links. Facts: providers-rcs.md 5.2.

Its reports name its own id and no number, so ours stands in the address it reports to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings, CarrierFactory, HttpUrl, Secrets
from bot.carriers.http import Http
from bot.carriers.reading import called_back, chinese, form, reveal
from bot.carriers.smpp import STATES, is_gsm
from bot.errors import Refused
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    Form,
    Inbound,
    MessageId,
    Parsed,
    Receipt,
    Sendable,
    Status,
    WebhookRequest,
)

ACK: Final = Ack("ACK/Jasmin")
"""Exactly this; anything else is repeated 3 times, 30 s apart (5.2)."""

TAKEN: Final = re.compile(r'Success "([A-Za-z0-9-]{1,64})"')
GSM_CODING, UCS2_CODING = "0", "8"
LATIN_CODING: Final = "3"


class JasminSettings(AccountSettings):
    """An account at a Jasmin."""

    base_url: HttpUrl = Field("http://127.0.0.1:1401", description="Its HTTP API; behind it stands /send.")
    username: str = Field(description="Of its user.")
    passwords: Secrets = Field(description="Of its user; the first is used.")
    sender: str = Field("", description="The number or name messages come from; empty = Jasmin's own.")
    ucs2_as: Literal["utf-16-be", "utf-16-le"] = Field(
        "utf-16-be", description="How what is beyond the GSM alphabet is written, in and out."
    )
    dlr_level: Literal[1, 2, 3] = Field(
        3, description="What it reports: 1 the SMSC has it, 2 the phone has it, 3 both."
    )


class Jasmin:
    """One account at a Jasmin. See `bot.carriers.base.Carrier`."""

    name = "jasmin"
    forms: frozenset[Form] = frozenset({"text"})
    idempotent_send = False
    receipts = True

    def __init__(self, account: AccountName, settings: JasminSettings) -> None:
        self.account = account
        self.settings = settings
        self._url = URL(f"{settings.base_url}/send")
        self._timeout = calling.timeouts(settings)
        self._password = reveal(settings.passwords)[0]
        fixed = {
            "username": settings.username,
            "password": self._password,
            "from": settings.sender,
            "dlr": "yes",
            "dlr-level": str(settings.dlr_level),
            "dlr-method": "POST",  # by GET it would write a second "?" behind our address
        }
        self._fixed = calling.given(fixed)

    def verify(self, request: WebhookRequest) -> None:
        """It does not sign: it is believed behind the secret path, from the account's addresses."""

    def parse(self, request: WebhookRequest) -> Parsed:
        """One reply, or one report for the message that the address names."""
        fields = _fields(request)
        if "message_status" in fields:
            return Parsed((self._receipt(called_back(request), fields),), ACK)
        if "from" not in fields or "content" not in fields:
            raise Refused(400, "bad_body", "expected from and content, or a report to the address given for it")
        return Parsed((self._reply(fields),), ACK)

    def _reply(self, fields: Mapping[str, str]) -> Inbound | Bad:
        number = chinese(fields["from"])
        if number is None:
            return Bad(self.account, "reply: from is not a phone number")
        try:
            text = self._text(fields)
        except ValueError:  # a hex digit too few, half a character
            return Bad(self.account, "reply: binary is not in the coding it names")
        return Inbound(self.account, number, text, id=fields.get("id", ""), to=fields.get("to", ""))

    def _text(self, fields: Mapping[str, str]) -> str:
        """What was said: in some codings `binary` has it, in others `content`. Raises ValueError."""
        encoding = {UCS2_CODING: self.settings.ucs2_as, LATIN_CODING: "latin-1"}.get(fields.get("coding", GSM_CODING))
        if encoding is None or not fields.get("binary"):
            return fields["content"]
        return bytes.fromhex(fields["binary"]).decode(encoding)

    def _receipt(self, message: MessageId | None, fields: Mapping[str, str]) -> Receipt | Bad:
        if message is None:
            return Bad(self.account, "report: its address names no message of ours")
        word = fields["message_status"]
        status = _status(word)
        failed = calling.word(fields.get("err")) or word
        return Receipt(
            self.account,
            status,
            word,
            message=message,
            provider_id=fields.get("id", ""),
            error=failed if status is Status.FAILED else "",
        )

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """A form post, so that the password stands in no address and no access log."""
        fields = {
            **self._fixed,
            "to": message.to,
            "dlr-url": calling.callback_url(self.account, self.settings, message.id),
        }
        if is_gsm(message.text):
            fields |= {"coding": GSM_CODING, "content": message.text}
        else:
            fields |= {"coding": UCS2_CODING, "hex-content": message.text.encode(self.settings.ucs2_as).hex()}
        if message.ttl_s is not None:
            fields["validity-period"] = str(max(1, message.ttl_s // 60))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        data = calling.form_body(fields)
        answer = await calling.call(http, "POST", self._url, timeout=self._timeout, headers=headers, data=data)
        said = answer.body.decode(errors="replace")
        if answer.status == 200 and (taken := TAKEN.match(said)):
            return Accepted(taken[1], response=taken[0])
        if answer.status < 300:
            raise calling.unreadable(answer)
        raise calling.by_status(answer, detail=calling.words(said, message.text, message.to, self._password))


def _fields(request: WebhookRequest) -> Mapping[str, str]:
    """Of a form, or of the address: it calls either way. Raises Refused 400 or 415."""
    if request.method == "GET":
        return request.query
    return form(request.headers.get("content-type", ""), request.body)


def _status(word: str) -> Status | None:
    """Level 1 reports the SMSC's answer (ESME_…), level 2 SMPP's message state (5.2)."""
    if word.startswith("ESME_R"):
        return Status.SENT if word == "ESME_ROK" else Status.FAILED
    return STATES.get(word)


CARRIER: Final = CarrierFactory(JasminSettings, Jasmin)
