"""Kannel: an HTTP gateway to operators' SMPP links. Facts: providers-rcs.md 5.1, tried on Kannel 1.4.5.

What it answers to a send names no message, so our id stands in the address it reports to (dlr-url). It takes many
numbers in a call and says of all of them one thing, so each goes alone: a call to it is cheap. Its sms-service
must say `max-messages = 0` (else what a webhook answers goes to the person as an SMS), its smsbox `mo-recode = true`:

    get-url = "https://<us>/webhooks/<account>/<secret>?from=%p&to=%P&text=%b&charset=%C&id=%I&at=%T"
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pydantic import Field
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings, CarrierFactory, HttpUrl, Secrets
from bot.carriers.calling import ACCOUNT, BAD_NUMBER, PERMANENT, RETRY, Facts
from bot.carriers.http import Answer, Http
from bot.carriers.reading import called_back, chinese, reveal
from bot.carriers.smpp import is_gsm
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    Form,
    Inbound,
    Parsed,
    Receipt,
    Sendable,
    Status,
    WebhookRequest,
)

ACK: Final = Ack()
"""Any 200; with max-messages = 0 its body goes nowhere."""

REPORT: Final = "&status=%d&fid=%F&answer=%A&at=%T"
"""What it fills in (5.1): the kind of report, the SMSC's id, the SMSC's words, epoch seconds."""

STATUS: Final = {
    "1": Status.DELIVERED,
    **dict.fromkeys(("2", "16"), Status.FAILED),
    **dict.fromkeys(("4", "8"), Status.SENT),
}
"""Its kinds of report; 32 is intermediate and says nothing."""

REFUSALS: Final[dict[int, Facts]] = {403: ACCOUNT, 404: PERMANENT}


class KannelSettings(AccountSettings):
    """An account at a Kannel."""

    base_url: HttpUrl = Field("http://127.0.0.1:13013/cgi-bin", description="Its smsbox; behind it stands /sendsms.")
    username: str = Field(description="Of its sendsms-user.")
    passwords: Secrets = Field(description="Of its sendsms-user; the first is used.")
    sender: str = Field(description="The number or name messages come from.")
    smsc: str = Field("", description="The smsc-id they go through; empty = Kannel decides. Reports need a stable one.")
    dlr_mask: int = Field(27, ge=0, le=63, description="What it reports: 1 delivered, 2 not, 8 accepted, 16 rejected.")


class Kannel:
    """One account at a Kannel. See `bot.carriers.base.Carrier`."""

    name = "kannel"
    forms: frozenset[Form] = frozenset({"text"})
    idempotent_send = False
    receipts = True

    def __init__(self, account: AccountName, settings: KannelSettings) -> None:
        self.account = account
        self.settings = settings
        self._url = URL(f"{settings.base_url}/sendsms")
        self._timeout = calling.timeouts(settings)
        self._password = reveal(settings.passwords)[0]
        fixed = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-Username": settings.username,
            "X-Kannel-Password": self._password,
            "X-Kannel-From": settings.sender,
            "X-Kannel-SMSC": settings.smsc,
            "X-Kannel-DLR-Mask": str(settings.dlr_mask),
        }
        self._fixed = calling.given(fixed)

    def verify(self, request: WebhookRequest) -> None:
        """It does not sign: it is believed behind the secret path, from the account's addresses."""

    def parse(self, request: WebhookRequest) -> Parsed:
        """One reply, or one report for the message that the address names."""
        if "status" in request.query:
            return Parsed((self._receipt(request),), ACK)
        if "from" not in request.query or "text" not in request.query:
            raise Refused(400, "bad_query", "expected from and text, or message and status: see get-url in the docs")
        return Parsed((self._reply(request),), ACK)

    def _reply(self, request: WebhookRequest) -> Inbound | Bad:
        query = request.query
        if query.get("charset", "UTF-8").upper() != "UTF-8":
            return Bad(self.account, "reply: not UTF-8; set mo-recode = true in Kannel's smsbox group")
        number = chinese(query["from"])
        if number is None:
            return Bad(self.account, "reply: from is not a phone number")
        at, told = _moment(query.get("at")), query.get("id", "")
        return Inbound(self.account, number, query["text"], id=told, at=at, to=query.get("to", ""))

    def _receipt(self, request: WebhookRequest) -> Receipt | Bad:
        query, message = request.query, called_back(request)
        kind = query["status"]
        if message is None:
            return Bad(self.account, "report: its address names no message of ours")
        return Receipt(
            self.account,
            STATUS.get(kind),
            kind,
            message=message,
            provider_id=query.get("fid", ""),
            at=_moment(query.get("at")),
            error=calling.words(query.get("answer", "")) if STATUS.get(kind) is Status.FAILED else "",
        )

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """By POST, so that the password stands in no address and no access log."""
        headers = {
            **self._fixed,
            "X-Kannel-To": message.to,
            "X-Kannel-Coding": "0" if is_gsm(message.text) else "2",
            "X-Kannel-DLR-Url": calling.callback_url(self.account, self.settings, message.id) + REPORT,
        }
        if message.ttl_s is not None:
            headers["X-Kannel-Validity"] = str(max(1, message.ttl_s // 60))
        data = message.text.encode()
        answer = await calling.call(http, "POST", self._url, timeout=self._timeout, headers=headers, data=data)
        said = answer.body.decode(errors="replace")
        if answer.status == 202 and said.partition(":")[0] in ("0", "3"):
            return Accepted(response=said[: calling.DETAIL_LIMIT])
        raise _refusal(answer, calling.words(said, message.text, message.to, self._password))


def _refusal(answer: Answer, said: str) -> SendError:
    """Its words say what its few statuses do not. 503 is not sent only in its own words, else some proxy's."""
    if answer.status == 503 and said.startswith("Temporal failure"):
        return SendError("503", said, **RETRY)
    if answer.status == 400 and "Number(s)" in said:
        return SendError("400", said, **BAD_NUMBER)
    if answer.status in REFUSALS:
        return SendError(str(answer.status), said, **REFUSALS[answer.status])
    return calling.unreadable(answer) if answer.status < 300 else calling.by_status(answer, detail=said)


def _moment(epoch_s: str | None) -> datetime | None:
    digits = epoch_s or ""
    return (
        datetime.fromtimestamp(int(digits), UTC) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None
    )


CARRIER: Final = CarrierFactory(KannelSettings, Kannel)
