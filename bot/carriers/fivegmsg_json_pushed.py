"""What a 5G消息 platform of China Telecom or Unicom posts, as items: messages, receipts, notices (providers-rcs.md 1b).

Pure.
"""

from __future__ import annotations

import itertools
import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from bot.carriers import calling, gsma_inbound
from bot.carriers.calling import NOT_RCS
from bot.carriers.fivegmsg_account import CODES, STATUS, FivegmsgSettings
from bot.carriers.reading import Payload, expect, flaw, json_value, our_id, time_in
from bot.errors import Refused
from bot.messages import AccountName, Bad, Item, MessageId, PhoneNumber, Receipt, Status, WebhookRequest

POSTED_AS: Final = ("application/json", "multipart/form-data")
"""The specification's tables of headers say multipart where its bodies are JSON: both are read as JSON."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class _Wire(Payload):
    model_config = ConfigDict(alias_generator=to_camel)


class _Content(_Wire):
    content_type: str
    content_encoding: str = ""
    content_text: JsonValue = None


class _Message(_Wire):
    message_id: str
    message_list: Annotated[tuple[JsonValue, ...], Field(min_length=1)]
    sender_address: str
    date_time: str | None = None
    data_time: str | None = None  # so spelled in one table (1b.7)


class _Delivery(_Wire):
    message_id: str
    status: str
    sender_address: str = ""  # the person's (1b.8)
    date_time: str | None = None
    error_code: str = ""
    error_message: str = ""


def items(account: AccountName, settings: FivegmsgSettings, request: WebhookRequest) -> tuple[Item, ...]:
    """All that a call tells. Raises Refused."""
    if request.tail.endswith("informationChange"):
        return ()  # of the bot's profile, in a form nobody specified
    expect(request.headers.get("content-type", ""), *POSTED_AS)
    body = json_value(request.body)
    if isinstance(body, dict):
        deliveries = body.get("deliveryInfoList")
        if isinstance(deliveries, list):
            return tuple(_delivery(account, settings, one) for one in deliveries)
        if "messageList" in body:
            return _message(account, settings, body)
        if "spamType" in body or request.tail.endswith("rcsspam"):
            return _spam(account, body)
        if "result" in body and "type" in body:
            return _check(account, body)
    raise Refused(400, "bad_body", "expected a message, deliveryInfoList, a spam report or an audit's result")


def _message(account: AccountName, settings: FivegmsgSettings, body: JsonValue) -> tuple[Item, ...]:
    """Each of its contents is an item, the first under the message's own id."""
    try:
        message = _Message.model_validate(body)
    except ValidationError as error:
        return (Bad(account, f"message: {flaw(error)}"),)
    number = gsma_inbound.person(message.sender_address)
    if number is None:
        return (Bad(account, "message: senderAddress is not a phone number"),)
    at = time_in(message.date_time or message.data_time, settings.zone)
    marks = (f"{message.message_id}.{n}" if n else message.message_id for n in itertools.count())
    return tuple(
        _content(account, settings, number, content, mark, at)
        for content, mark in zip(message.message_list, marks, strict=False)
    )


def _content(
    account: AccountName,
    settings: FivegmsgSettings,
    number: PhoneNumber,
    item: JsonValue,
    id: str,
    at: datetime | None,
) -> Item:
    try:
        content = _Content.model_validate(item)
    except ValidationError as error:
        return Bad(account, f"content: {flaw(error)}")
    return gsma_inbound.item(
        account,
        number,
        content.content_type,
        content.content_text,
        encoding=content.content_encoding,
        id=id,
        at=at,
        spam_type=settings.spam_type,
    )


def _delivery(account: AccountName, settings: FivegmsgSettings, item: JsonValue) -> Receipt | Bad:
    try:
        told = _Delivery.model_validate(item)
    except ValidationError as error:
        return Bad(account, f"receipt: {flaw(error)}")
    message, number = _ours(told.message_id), gsma_inbound.person(told.sender_address)
    if message is None and number is None:
        return Bad(account, "receipt: neither messageId nor senderAddress says whose it is")
    status = STATUS.get(told.status)
    return Receipt(
        account,
        status,
        told.status,
        message=message,
        provider_id=told.message_id,
        number=number,
        at=time_in(told.date_time, settings.zone),
        error=_error(told) if status is Status.FAILED else "",
        not_rcs=told.status == "deliveredToNetwork" or CODES.get(told.error_code) is NOT_RCS,
    )


def _spam(account: AccountName, body: dict[str, JsonValue]) -> tuple[Item, ...]:
    """It names messages and not the person: on each it is a receipt of a word that moves nothing."""
    named = body.get("messageId")
    ids = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    ours = [message for one in ids if (message := _ours(str(one)))]
    if not ours:
        return (Bad(account, "rcsspam: about the bot itself, or no message of ours; see the operator's console"),)
    kind = calling.words(body.get("spamType"))
    return tuple(Receipt(account, None, "rcsspam", message=one, error=kind) for one in ours)


def _check(account: AccountName, body: dict[str, JsonValue]) -> tuple[Item, ...]:
    """An audit's result: a message that did not pass was not delivered; of files, only a refusal is news."""
    if body["result"] == "pass":
        return ()
    if body["type"] == "message" and (found := _UUID.search(str(body.get("remark")))):
        why = calling.words(body.get("description"))
        if message := _ours(found[0]):
            return (Receipt(account, Status.FAILED, "check:fail", message=message, error=f"3: {why}"),)
    what = calling.word(body["type"])
    return (Bad(account, f"check: {what} did not pass the operator's audit; see its console"),)


def _error(told: _Delivery) -> str:
    """Code and words of a failed delivery."""
    return ": ".join(filter(None, (told.error_code, calling.words(told.error_message)))) or told.status


def _ours(text: str) -> MessageId | None:
    """An echoed id: in whatever case, and the revoke section has the bot's id behind it (1b.3)."""
    return our_id(text[:36].lower())
