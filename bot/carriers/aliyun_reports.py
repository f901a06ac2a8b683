"""What Aliyun pushes, and says when asked: replies, receipts, drawn cards. Facts: providers-cn.md 1.6, 1.7, 1.12-14."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from pydantic import AliasChoices, Field, JsonValue, ValidationError

from bot.carriers.mainland import MainlandSettings, with_opt_out, with_stop
from bot.carriers.reading import Digits, Payload, digits, flaw, our_id, time_in
from bot.errors import SendError
from bot.messages import AccountName, Bad, Inbound, Item, MessageId, PhoneNumber, Receipt, Status

STATUS: Final[Mapping[str, Status]] = {
    "DELIVERED": Status.DELIVERED,
    "REQUEST_SUCCESS": Status.SENT,  # accepted; the network gave no final receipt
    **dict.fromkeys(
        """MOBILE_NOT_ON_SERVICE MOBLLE_TERMINAL_ERROR MOBILE_ACCOUNT_ABNORMAL INVALID_NUMBER MOBILE_IN_BLACK
        USER_REJECT MOBILE_SEND_LIMIT CONTENT_KEYWORD CONTENT_ERROR SP_NOT_BY_INTER_SMS NO_ROUTE PORT_NOT_REGISTERED
        IS_CLOSE SP_UNKNOWN_ERROR""".split(),
        Status.FAILED,
    ),
}
"""Codes of a receipt (1.12). One that is not here has failed if `success` says so."""
REFUSED: Final = frozenset(("MOBILE_IN_BLACK", "USER_REJECT", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.CUSTOMER_REFUSED"))
"""Of them: the person, or a blacklist, refuses us."""
DRAWN: Final[Mapping[str, Status]] = {"1": Status.DELIVERED}
"""render_status: a card that the phone drew was delivered."""

DETAIL: Final[Mapping[int, Status]] = {1: Status.SENT, 2: Status.FAILED, 3: Status.DELIVERED, 4: Status.FAILED}
"""SendStatus of a message that was asked for."""
NEAR: Final = timedelta(minutes=5)
"""How far a message's time at Aliyun is from its attempt, at most."""


class _Reply(Payload):
    phone_number: Digits
    content: str
    send_time: str | None = None
    dest_code: str | None = None
    sequence_id: str | None = None


class _Receipt(Payload):
    phone_number: str = ""
    success: bool | None = None
    err_code: str
    report_time: str | None = None
    biz_id: str | None = None
    out_id: str | None = None


class _Rendering(Payload):
    mobile: str = ""
    out_id: str | None = Field(None, validation_alias=AliasChoices("outId", "out_id"))
    render_status: str


class _Detail(Payload):
    status: int = Field(validation_alias="SendStatus")
    code: str | None = Field(None, validation_alias="ErrCode")
    out_id: str | None = Field(None, validation_alias="OutId")
    sent: str | None = Field(None, validation_alias="SendDate")
    received: str | None = Field(None, validation_alias="ReceiveDate")


def read(account: AccountName, settings: MainlandSettings, item: JsonValue) -> tuple[Item, ...]:
    """One item of a push; a receipt of a blacklisted number is an opt-out besides."""
    try:
        if isinstance(item, dict) and "render_status" in item:
            return (_rendering(account, _Rendering.model_validate(item)),)
        if isinstance(item, dict) and "err_code" in item:
            return _receipt(account, settings, _Receipt.model_validate(item))
        return with_stop(_reply(account, settings, _Reply.model_validate(item)), settings)
    except ValidationError as error:
        return (Bad(account, flaw(error)),)


def _reply(account: AccountName, settings: MainlandSettings, reply: _Reply) -> Inbound:
    at = time_in(reply.send_time, settings.zone)
    return Inbound(
        account, reply.phone_number, reply.content, id=reply.sequence_id or "", at=at, to=reply.dest_code or ""
    )


def _receipt(account: AccountName, settings: MainlandSettings, receipt: _Receipt) -> tuple[Item, ...]:
    message, number, code = our_id(receipt.out_id), digits(receipt.phone_number), receipt.err_code
    if message is None and not (number and receipt.biz_id):
        return (Bad(account, "receipt: neither out_id nor biz_id with phone_number says whose it is"),)
    status = STATUS.get(code)
    if status is None and receipt.success is False:
        status = Status.FAILED
    told = Receipt(
        account,
        status,
        code,
        message=message,
        provider_id=receipt.biz_id or "",
        number=number,
        at=time_in(receipt.report_time, settings.zone),
        error=code if status is Status.FAILED else "",
    )
    return with_opt_out(told, refused=code in REFUSED or code in settings.blacklist_codes)


def _rendering(account: AccountName, told: _Rendering) -> Receipt | Bad:
    message = our_id(told.out_id)
    if message is None:
        return Bad(account, "card: outId is no id of ours")
    word = told.render_status
    return Receipt(account, DRAWN.get(word), f"render_status {word}", message=message, number=digits(told.mobile))


def looked_up(
    account: AccountName,
    settings: MainlandSettings,
    said: Mapping[str, JsonValue],
    message: MessageId,
    number: PhoneNumber,
    provider_id: str,
    at: datetime,
) -> Receipt | None:
    """What the details of a number and day say of the message.

    provider_id: "" unless the details are of that one alone; else one is the message's by our id or, sent in a batch,
    which has none, by its time.
    """
    for detail in _details(said):
        sent = time_in(detail.sent, settings.zone)
        near = not detail.out_id and sent is not None and abs(sent - at) < NEAR
        if provider_id or detail.out_id == message or near:
            status = DETAIL.get(detail.status)
            word = detail.code or f"SendStatus {detail.status}"
            return Receipt(
                account,
                status,
                word,
                message=message,
                provider_id=provider_id,
                number=number,
                at=time_in(detail.received, settings.zone),
                error=word if status is Status.FAILED else "",
            )
    return None


def _details(said: Mapping[str, JsonValue]) -> Iterator[_Detail]:
    """Of QuerySendDetails or GetCardSmsDetails. Raises SendError when one is in another shape."""
    for outer, inner in (("SmsSendDetailDTOs", "SmsSendDetailDTO"), ("CardSendDetailDTO", "Records")):
        held = said.get(outer)
        listed = held.get(inner) if isinstance(held, dict) else None
        for item in listed if isinstance(listed, list) else []:
            try:
                yield _Detail.model_validate(item)
            except ValidationError as error:
                raise SendError("bad_answer", f"{inner}: {flaw(error)}") from None
