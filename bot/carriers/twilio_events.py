"""What Twilio tells: messages, taps, opt-outs and statuses, one a call; its error codes (providers-rcs.md 3). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from bot.carriers.calling import (
    ACCOUNT,
    BAD_NUMBER,
    CONTENT,
    NOT_RCS,
    OPTED_OUT,
    PERMANENT,
    RETRY,
    TEMPLATE,
    Facts,
    throttled,
)
from bot.carriers.reading import E164, Payload
from bot.errors import Refused
from bot.messages import AccountName, Inbound, Item, MessageId, Receipt, Signal, Status, Tap

STATUS: Final[Mapping[str, Status]] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), Status.SENT),
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    **dict.fromkeys(("failed", "undelivered", "canceled"), Status.FAILED),
}
OPT_OUT: Final[Mapping[str, Literal["subscribed", "unsubscribed", "helped"]]] = {
    "STOP": "unsubscribed",
    "START": "subscribed",
    "HELP": "helped",
}
"""What Advanced Opt-Out took and answered itself (3.2)."""
CODES: Final[Mapping[int, Facts]] = {
    **dict.fromkeys((20003, 20005, 30002, 30034), ACCOUNT),
    20429: throttled(None),
    **dict.fromkeys((21211, 21614, 30005, 30006), BAD_NUMBER),
    21408: PERMANENT,  # that country is switched off: of the account, and of this number alone
    **dict.fromkeys((21603, 21606, 21659, 21660, 21661), ACCOUNT),  # the sender is missing, or not the account's
    **dict.fromkeys((21602, 21617, 30007), CONTENT),
    **dict.fromkeys((21610, 63014), OPTED_OUT),
    **dict.fromkeys((21655, 21656), TEMPLATE),
    **dict.fromkeys((21664, 21666, 21667), ACCOUNT),
    30001: throttled(None),
    **dict.fromkeys((30003, 63023), RETRY),
    **dict.fromkeys((63017, 63018), throttled(None)),
    63106: NOT_RCS,
}
"""Its error codes (3.5), of an answer or of a receipt. Those that are not here go by the HTTP status."""
OPTED_OUT_CODES: Final = frozenset(str(code) for code, facts in CODES.items() if facts is OPTED_OUT)
NOT_RCS_CODES: Final = frozenset(str(code) for code, facts in CODES.items() if facts is NOT_RCS)


def _bare(address: object) -> object:
    return address.removeprefix("rcs:") if isinstance(address, str) else address


class _Twilio(Payload):
    model_config = ConfigDict(alias_generator=to_pascal)


class _Words(_Twilio):
    message_sid: str
    from_: Annotated[E164, BeforeValidator(_bare)] = Field(alias="From")
    to: str = ""
    body: str = ""
    button_text: str = ""
    button_payload: str = ""
    opt_out_type: str = ""
    num_media: int = Field(0, ge=0, le=10)


class _Receipt(_Twilio):
    message_sid: str
    message_status: str
    to: Annotated[E164, BeforeValidator(_bare)]
    error_code: str = ""


def items(account: AccountName, fields: Mapping[str, object], message: MessageId | None) -> Iterator[Item]:
    """The items of one call: a message, or a status. message: ours, from the URL. Raises ValidationError, Refused."""
    if "MessageStatus" in fields:
        yield from _receipt(account, _Receipt.model_validate(fields), message)
    elif "MessageSid" in fields:
        yield _said(account, _Words.model_validate(fields), fields)
    else:
        raise Refused(400, "bad_body", "expected MessageStatus or MessageSid among the fields")


def _said(account: AccountName, words: _Words, fields: Mapping[str, object]) -> Item:
    number = words.from_
    if taken := OPT_OUT.get(words.opt_out_type):
        return Signal(account, number, taken, id=words.message_sid, code=words.opt_out_type)
    tap = Tap.of(words.button_payload)
    if words.button_payload and not tap and not words.body:
        return Signal(account, number, "acted", id=words.message_sid)
    media = [f"[{fields.get(f'MediaContentType{n}')}] {fields.get(f'MediaUrl{n}')}" for n in range(words.num_media)]
    text = words.button_text if tap and words.button_text else "\n".join(filter(None, (words.body, *media)))
    return Inbound(account, number, text, id=words.message_sid, tap=tap, to=words.to)


def _receipt(account: AccountName, receipt: _Receipt, message: MessageId | None) -> Iterator[Item]:
    """A status; an opt-out besides where that is why it failed."""
    word = receipt.message_status
    yield Receipt(
        account,
        STATUS.get(word),
        word,
        message=message,
        provider_id=receipt.message_sid,
        number=receipt.to,
        error=receipt.error_code,
        not_rcs=receipt.error_code in NOT_RCS_CODES,
    )
    if receipt.error_code in OPTED_OUT_CODES:
        yield Signal(account, receipt.to, "unsubscribed", id=receipt.message_sid, code=receipt.error_code)
