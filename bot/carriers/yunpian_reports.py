"""What Yunpian tells: replies, which it signs; receipts and records, which it does not. Facts: providers-cn.md 3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_plus

from pydantic import JsonValue, ValidationError

from bot.carriers.mainland import MainlandSettings, with_opt_out, with_stop
from bot.carriers.reading import Chinese, Payload, chinese, flaw, form, json_value, our_id, time_in
from bot.errors import Refused
from bot.messages import AccountName, Bad, Inbound, Item, MessageId, Receipt, Status, WebhookRequest
from flows.values import replace

STATUS: Final[Mapping[str, Status]] = {"SUCCESS": Status.DELIVERED, "FAIL": Status.FAILED}
SENT: Final[Mapping[str, Status]] = {"SUCCESS": Status.SENT, "FAIL": Status.FAILED}
"""send_status of a record, where its report_status is not known yet (3.3)."""


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
    send_status: str = ""
    mobile: str = ""
    uid: str | None = None
    send_time: str | None = None
    user_receive_time: str | None = None
    error_msg: str | None = None


def read_reply(account: AccountName, settings: MainlandSettings, item: JsonValue) -> tuple[Item, ...]:
    """A reply, pushed or pulled."""
    try:
        reply = _Reply.model_validate(item)
    except ValidationError as error:
        return (Bad(account, f"reply: {flaw(error)}"),)
    at = time_in(reply.reply_time, settings.zone)
    to = (reply.base_extend or "") + (reply.extend or "")
    return with_stop(Inbound(account, reply.mobile, reply.text, id=reply.id, at=at, to=to), settings)


def read_receipt(account: AccountName, settings: MainlandSettings, item: JsonValue) -> tuple[Item, ...]:
    """A receipt, pushed or pulled, or a record; that of a blacklisted number is an opt-out besides."""
    try:
        receipt = _Receipt.model_validate(item)
    except ValidationError as error:
        return (Bad(account, f"receipt: {flaw(error)}"),)
    message, number, code = our_id(receipt.uid), chinese(receipt.mobile), receipt.error_msg or ""
    if message is None and number is None:
        return (Bad(account, "receipt: neither uid nor mobile says whose it is"),)
    word = receipt.report_status
    told = Receipt(
        account,
        STATUS.get(word, SENT.get(receipt.send_status)),
        word,
        message=message,
        provider_id=receipt.sid,
        number=number,
        at=time_in(receipt.user_receive_time, settings.zone),
        error=code,
    )
    return with_opt_out(told, refused=code in settings.blacklist_codes)


def recorded(
    account: AccountName,
    settings: MainlandSettings,
    records: Iterable[JsonValue],
    message: MessageId,
    provider_id: str,
) -> Receipt | None:
    """That message among the records of its number at its time: by our id, by Yunpian's or, where neither is known
    because it was sent in a batch, by having no uid."""
    for record in records:
        uid = record.get("uid") if isinstance(record, dict) else None
        for item in read_receipt(account, settings, record):
            if isinstance(item, Receipt) and (
                item.message == message or item.provider_id == provider_id or not (uid or provider_id)
            ):
                return replace(item, message=message)
    return None


def sign(fields: Mapping[str, JsonValue], key: str, *, skip_empty: bool = False) -> str:
    """`_sign` of a reply: MD5 of all values but itself, by field name, and the key, joined by commas (3.5)."""
    values = [_text(fields[name]) for name in sorted(fields) if name != "_sign"]
    said = [value for value in values if value or not skip_empty]
    return hashlib.md5(",".join([*said, key]).encode(), usedforsecurity=False).hexdigest()


def payload(request: WebhookRequest, video_status: str) -> dict[str, JsonValue] | list[JsonValue]:
    """The reply (an object) or the receipts (an array) in a push. Raises Refused 400 or 415.

    video_status: the field of receipts of super SMS, which nothing documents.
    """
    return _opened(request.headers.get("content-type", ""), request.body, video_status)


@lru_cache(maxsize=1)  # verify and parse read the same push, one after the other
def _opened(content_type: str, body: bytes, video_status: str) -> dict[str, JsonValue] | list[JsonValue]:
    fields = form(content_type, body)
    if "sms_reply" in fields:
        reply = _unwrapped(fields["sms_reply"], "{")
        if isinstance(reply, dict):
            return reply
    elif told := fields.get("sms_status") or fields.get(video_status):
        receipts = _unwrapped(told, "[")
        if isinstance(receipts, list):
            return receipts
    raise Refused(400, "bad_body", "expected an object in sms_reply or an array in sms_status")


def _unwrapped(text: str, opening: str) -> JsonValue:
    """JSON that may carry one more level of url-encoding (3.4)."""
    return json_value(text if text.startswith(opening) else unquote_plus(text))


def _text(value: JsonValue) -> str:
    return "" if value is None else str(value)
