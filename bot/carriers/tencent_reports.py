"""What Tencent tells: replies and receipts, pushed or pulled. Facts: providers-cn.md 2.4, 2.5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue, ValidationError

from bot.carriers.mainland import MainlandSettings, with_opt_out, with_stop
from bot.carriers.reading import Payload, chinese, e164, flaw, our_id, time_in
from bot.messages import AccountName, Bad, Inbound, Item, PhoneNumber, Receipt, Status

STATUS: Final[Mapping[str, Status]] = {"SUCCESS": Status.DELIVERED, "FAIL": Status.FAILED}
PULLED: Final[Mapping[str, str]] = {
    "CountryCode": "nationcode",
    "SubscriberNumber": "mobile",
    "ReplyContent": "text",
    "ReplyTime": "time",
    "ExtendCode": "extend",
    "UserReceiveTime": "user_receive_time",
    "ReportStatus": "report_status",
    "Description": "errmsg",
    "SerialNo": "sid",
    "SessionContext": "ext",
}
"""The words of a pull (2.4), in those of a push (2.5)."""


class _Reply(Payload):
    nationcode: str = "86"
    mobile: str
    text: str
    time: str | None = None
    extend: str | None = None


class _Receipt(Payload):
    nationcode: str = "86"
    mobile: str = ""
    report_status: str
    errmsg: str | None = None
    sid: str = ""
    user_receive_time: str | None = None
    ext: str | None = None


def read(account: AccountName, settings: MainlandSettings, item: JsonValue) -> tuple[Item, ...]:
    """One item of a push; a receipt of a blacklisted number is an opt-out besides."""
    try:
        if isinstance(item, dict) and "report_status" in item:
            return _receipt(account, settings, _Receipt.model_validate(item))
        return _reply(account, settings, _Reply.model_validate(item))
    except ValidationError as error:
        return (Bad(account, flaw(error)),)


def read_pulled(account: AccountName, settings: MainlandSettings, item: Mapping[str, JsonValue]) -> tuple[Item, ...]:
    """The same of a pull."""
    return read(account, settings, {PULLED.get(word, word): value for word, value in item.items()})


def _reply(account: AccountName, settings: MainlandSettings, reply: _Reply) -> tuple[Item, ...]:
    number = _number(reply)
    if number is None:
        return (Bad(account, "reply: nationcode and mobile are not a phone number"),)
    said = Inbound(account, number, reply.text, at=_instant(reply.time or ""), to=reply.extend or "")
    return with_stop(said, settings)


def _receipt(account: AccountName, settings: MainlandSettings, receipt: _Receipt) -> tuple[Item, ...]:
    message, number = our_id(receipt.ext), _number(receipt)
    if message is None and not (number and receipt.sid):
        return (Bad(account, "receipt: neither ext nor sid with mobile says whose it is"),)
    status, at = STATUS.get(receipt.report_status), receipt.user_receive_time or ""
    error = receipt.errmsg or receipt.report_status if status is Status.FAILED else ""
    told = Receipt(
        account,
        status,
        receipt.report_status,
        message=message,
        provider_id=receipt.sid,
        number=number,
        at=_instant(at) or time_in(at, settings.zone),
        error=error,
    )
    return with_opt_out(told, refused=error in settings.blacklist_codes)


def _number(item: _Reply | _Receipt) -> PhoneNumber | None:
    country = item.nationcode.lstrip("+")
    return chinese(item.mobile) if country == "86" else e164(f"+{country}{item.mobile}")


def _instant(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
