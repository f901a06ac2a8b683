"""Yunpian 云片: SMS over its API v2. Facts: providers-cn.md 3.

It has no idempotency key (a timed-out send stays unknown), signs replies with MD5 over their values and
the API key, and does not sign receipts: those are believed behind the secret path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta, timezone
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_plus

from pydantic import Field, JsonValue, ValidationError
from pydantic_core import to_json
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings, HttpUrl, RecallOutcome, Secrets
from bot.carriers.calling import ACCOUNT, CONTENT, OPTED_OUT, PERMANENT, RETRY, TEMPLATE, UNKNOWN, Facts, throttled
from bot.carriers.http import Http
from bot.carriers.reading import (
    Chinese,
    Payload,
    chinese,
    flaw,
    form,
    json_value,
    national,
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
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    Status,
    WebhookRequest,
)

ACK: Final = Ack("SUCCESS")
"""Anything else is repeated: receipts 3 times 5 minutes apart, replies 5 times 1 minute apart (3.4, 3.5)."""

STATUS: Final[Mapping[str, Status]] = {"SUCCESS": Status.DELIVERED, "FAIL": Status.FAILED}

CODES: Final[Mapping[int, Facts]] = {
    3: ACCOUNT,  # no balance
    **dict.fromkeys((4, 52), CONTENT),
    **dict.fromkeys((5, 6, 7, 15, 16, 18, 23, 34, 58, 60), TEMPLATE),
    8: {"throttled": True},  # same text to the same number within 30 s: the person has it already
    9: throttled(300),  # more than 3 of the same in 5 minutes
    10: OPTED_OUT,
    11: throttled(3600),  # today "user anti-harassment"; formerly "GET not supported", which we never use
    17: throttled(86_400),
    22: throttled(3600),
    33: throttled(30),
    43: throttled(86_400),
    53: throttled(3600),
    **dict.fromkeys((19, 40, -1, -2, -3, -8, -11), ACCOUNT),
    **dict.fromkeys((20, 56), calling.BAD_NUMBER),
    **dict.fromkeys((28, -51, -53), RETRY),
    -4: throttled(3600),
    -5: throttled(1),
    **dict.fromkeys((-6, -7, -52, -54, -55, -57, -62), PERMANENT),
}
"""Its codes (3.7). Those that are not here go by their group: see `_facts`."""

KEPT = ("code", "msg", "count", "fee", "unit", "sid")
"""What of an answer is worth keeping; the rest is the number."""


HEADERS: Final = {
    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
    "Accept": "application/json;charset=utf-8",
}


class YunpianSettings(AccountSettings):
    """An account at Yunpian."""

    base_url: HttpUrl = Field("https://sms.yunpian.com/v2", description="Overseas mirror: https://us.yunpian.com/v2.")
    apikeys: Secrets = Field(description="API keys; the first sends, all verify replies.")
    extend: str = Field("", pattern="^[0-9]*$", description="Extension digits, once Yunpian enabled them.")
    callback_url: str = Field("", description="Where receipts go, instead of the console's URL.")
    replies_signed: bool = Field(True, description="False believes replies without _sign, behind the secret path.")
    sign_skips_empty: bool = Field(False, description="True if _sign leaves out empty fields with their comma (3.5).")
    utc_offset_h: int = Field(8, ge=-12, le=14, description="Hours that its times are ahead of UTC.")


class _Reply(Payload):
    id: str
    mobile: Chinese
    text: str
    reply_time: str | None = None
    extend: str | None = None
    base_extend: str | None = None


class _Receipt(Payload):
    sid: str
    report_status: str
    mobile: str = ""
    uid: str | None = None
    user_receive_time: str | None = None
    error_msg: str | None = None


class Yunpian:
    """One account at Yunpian. See `bot.carriers.base.Carrier`."""

    name = "yunpian"
    forms: frozenset[Form] = frozenset({"text"})
    idempotent_send = False
    receipts = True

    def __init__(self, account: AccountName, settings: YunpianSettings) -> None:
        self.account = account
        self.settings = settings
        self._keys = reveal(settings.apikeys)
        self._url = URL(f"{settings.base_url}/sms/single_send.json")
        self._zone = timezone(timedelta(hours=settings.utc_offset_h))
        self._timeout = calling.timeouts(settings)
        given = {"apikey": self._keys[0], "extend": settings.extend, "callback_url": settings.callback_url}
        self._fixed = {name: value for name, value in given.items() if value}

    def verify(self, request: WebhookRequest) -> None:
        """A reply carries `_sign` (3.5); a receipt nothing (3.4)."""
        payload = _payload(request)
        if isinstance(payload, list) or not self.settings.replies_signed:
            return
        wanted = [sign(payload, key, skip_empty=self.settings.sign_skips_empty) for key in self._keys]
        if not one_of(_text(payload.get("_sign")), wanted):
            raise unsigned("_sign")

    def parse(self, request: WebhookRequest) -> Parsed:
        """One reply, or up to 100 receipts."""
        payload = _payload(request)
        if isinstance(payload, list):
            return Parsed(tuple(self._receipt(item) for item in payload), ACK)
        return Parsed((self._reply(payload),), ACK)

    def _reply(self, item: JsonValue) -> Inbound | Bad:
        try:
            reply = _Reply.model_validate(item)
        except ValidationError as error:
            return Bad(self.account, f"reply: {flaw(error)}")
        at = time_in(reply.reply_time, self._zone)
        to = (reply.base_extend or "") + (reply.extend or "")
        return Inbound(self.account, reply.mobile, reply.text, id=reply.id, at=at, to=to)

    def _receipt(self, item: JsonValue) -> Receipt | Bad:
        try:
            receipt = _Receipt.model_validate(item)
        except ValidationError as error:
            return Bad(self.account, f"receipt: {flaw(error)}")
        message, number = our_id(receipt.uid), chinese(receipt.mobile)
        if message is None and number is None:
            return Bad(self.account, "receipt: neither uid nor mobile says whose it is")
        return Receipt(
            self.account,
            STATUS.get(receipt.report_status),
            receipt.report_status,
            message=message,
            provider_id=receipt.sid,
            number=number,
            at=time_in(receipt.user_receive_time, self._zone),
            error=receipt.error_msg or "",
        )

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """single_send (3.2). `uid` is our id, echoed in the receipt; the text brings its own 【签名】."""
        fields = {**self._fixed, "mobile": national(message.to), "text": message.text, "uid": message.id}
        data = calling.form_body(fields)
        answer = await calling.call(http, "POST", self._url, timeout=self._timeout, headers=HEADERS, data=data)
        taken = answer.json()  # whatever the HTTP status is (3.2)
        code = taken.get("code")
        if not isinstance(code, int):
            raise calling.unreadable(answer)
        if code != 0:
            detail = calling.words(taken.get("msg"), message.text, *self._keys)
            raise SendError(str(code), detail, **_facts(code))
        count = taken.get("count")
        kept = to_json({name: taken[name] for name in KEPT if name in taken}).decode()
        return Accepted(_text(taken.get("sid")), count if isinstance(count, int) else 1, kept)

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """SMS reaches every phone; there is nothing to ask."""
        return None

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId) -> RecallOutcome:
        """An SMS cannot be taken back."""
        raise SendError("no_recall", "Yunpian cannot take a message back")


def sign(fields: Mapping[str, JsonValue], key: str, *, skip_empty: bool = False) -> str:
    """`_sign` of a reply: MD5 of all values but itself, by field name, and the key, joined by commas (3.5)."""
    values = [_text(fields[name]) for name in sorted(fields) if name != "_sign"]
    said = [value for value in values if value or not skip_empty]
    return hashlib.md5(",".join([*said, key]).encode(), usedforsecurity=False).hexdigest()


def _payload(request: WebhookRequest) -> dict[str, JsonValue] | list[JsonValue]:
    """The reply (an object) or the receipts (an array) in a push. Raises Refused 400 or 415."""
    return _opened(request.headers.get("content-type", ""), request.body)


@lru_cache(maxsize=1)  # verify and parse read the same push, one after the other
def _opened(content_type: str, body: bytes) -> dict[str, JsonValue] | list[JsonValue]:
    fields = form(content_type, body)
    if "sms_reply" in fields:
        reply = _unwrapped(fields["sms_reply"], "{")
        if isinstance(reply, dict):
            return reply
    elif "sms_status" in fields:
        receipts = _unwrapped(fields["sms_status"], "[")
        if isinstance(receipts, list):
            return receipts
    raise Refused(400, "bad_body", "expected an object in sms_reply or an array in sms_status")


def _unwrapped(text: str, opening: str) -> JsonValue:
    """JSON that may carry one more level of url-encoding (3.4)."""
    return json_value(text if text.startswith(opening) else unquote_plus(text))


def _facts(code: int) -> Facts:
    """By its table, else by its group (3.7): > 0 the request, -1 … -49 permission, below a fault of theirs."""
    if code in CODES:
        return CODES[code]
    if code > 0:
        return PERMANENT
    return ACCOUNT if code > -50 else UNKNOWN


def _text(value: JsonValue) -> str:
    return "" if value is None else str(value)
