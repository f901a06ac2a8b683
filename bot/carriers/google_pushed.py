"""What Google posts: the handshake, the signed envelope, and the events and messages in it (providers-rcs.md 2.5).

One event per POST. Pure.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import ConfigDict, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from bot.carriers.reading import E164, Payload, e164, flaw, our_id, time_in
from bot.errors import Refused
from bot.messages import AccountName, Bad, Inbound, Item, Receipt, Signal, Status, Tap

STATUS: Final[Mapping[str, Status]] = {
    "DELIVERED": Status.DELIVERED,
    "READ": Status.READ,
    "TTL_EXPIRATION_REVOKED": Status.FAILED,  # certainly not delivered: a text may go
    "TTL_EXPIRATION_REVOKE_FAILED": Status.UNKNOWN,  # may be delivered: look for DELIVERED first
}
SIGNALS: Final[Mapping[str, Literal["typing", "subscribed", "unsubscribed"]]] = {
    "IS_TYPING": "typing",
    "SUBSCRIBE": "subscribed",
    "UNSUBSCRIBE": "unsubscribed",
}


class _Google(Payload):
    model_config = ConfigDict(alias_generator=to_camel)


class _Suggestion(_Google):
    postback_data: str = ""
    text: str = ""
    type: str = "REPLY"


class _Place(_Google):
    latitude: float
    longitude: float


class _Payload(_Google):
    mime_type: str = ""
    file_uri: str


class _File(_Google):
    payload: _Payload


class _Message(_Google):
    sender_phone_number: E164
    message_id: str = ""
    event_id: str = ""
    send_time: str | None = None
    text: str | None = None
    suggestion_response: _Suggestion | None = None
    location: _Place | None = None
    user_file: _File | None = None


class _Event(_Google):
    event_type: str
    event_id: str = ""
    message_id: str | None = None
    sender_phone_number: str = ""
    phone_number: str = ""  # so named in server events
    send_time: str | None = None


def is_handshake(body: Mapping[str, JsonValue]) -> bool:
    """Google asks whether the webhook is ours."""
    return "clientToken" in body and "secret" in body and "message" not in body


def signed_data(body: Mapping[str, JsonValue]) -> bytes:
    """The signed bytes of an envelope. Raises Refused 400."""
    message = body.get("message")
    data = message.get("data") if isinstance(message, dict) else None
    try:
        if isinstance(data, str):
            return base64.b64decode(data, validate=True)
    except ValueError:
        pass
    raise Refused(400, "bad_body", "expected base64 in message.data")


def item(account: AccountName, agent: str, event: JsonValue) -> Item:
    """One event or message. agent: the account's own, with or without @rbm.goog."""
    if not isinstance(event, dict):
        return Bad(account, "the data is not a JSON object")
    if _bare(str(event.get("agentId", ""))) not in ("", _bare(agent)):
        return Bad(account, "for another agent; give each agent a webhook of its own")
    try:
        if "eventType" in event:
            return _event(account, _Event.model_validate(event))
        return _message(account, _Message.model_validate(event))
    except ValidationError as error:
        return Bad(account, flaw(error))


def _event(account: AccountName, event: _Event) -> Item:
    number = e164(event.sender_phone_number or event.phone_number)
    message = our_id(event.message_id)
    if number and (signal := SIGNALS.get(event.event_type)):
        return Signal(account, number, signal, id=event.event_id, code=event.event_type)
    if message is None:
        return Bad(account, "an event without an id of ours")
    status = STATUS.get(event.event_type)
    return Receipt(
        account,
        status,
        event.event_type,
        message=message,
        provider_id=message,
        number=number,
        at=time_in(event.send_time),
        error=event.event_type if status is Status.FAILED else "",
    )


def _message(account: AccountName, message: _Message) -> Item:
    number, mark = message.sender_phone_number, message.message_id or message.event_id
    tapped = message.suggestion_response
    tap = Tap.of(tapped.postback_data) if tapped else None
    if tapped and not tap and (tapped.type == "ACTION" or not tapped.text):
        return Signal(account, number, "acted", id=mark)
    text = tapped.text if tapped else _said(message)
    if text is None:
        return Bad(account, "neither text, tap, place nor file")
    return Inbound(account, number, text, id=mark, tap=tap, at=time_in(message.send_time))


def _said(message: _Message) -> str | None:
    """The words of a message; a place as a geo: URI (RFC 5870), a file as its type and link."""
    if place := message.location:
        return f"geo:{place.latitude},{place.longitude}"
    if file := message.user_file:
        return f"[{file.payload.mime_type}] {file.payload.file_uri}"
    return message.text


def _bare(agent: str) -> str:
    return agent.removesuffix("@rbm.goog")
