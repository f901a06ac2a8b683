"""What Sinch tells: messages, taps, reports and opt-outs, one event a push (providers-rcs.md 4.1). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Literal

from pydantic import JsonValue

from bot.carriers.reading import International, Payload, our_id, time_in
from bot.messages import AccountName, Bad, Inbound, Item, Receipt, Signal, Status, Tap

SUBMITTED: Final = "SUBMITTED"
"""Our word for its notification that a message was handed to the channel, which has none."""
STATUS: Final[Mapping[str, Status]] = {
    **dict.fromkeys((SUBMITTED, "QUEUED_ON_CHANNEL", "SWITCHING_CHANNEL"), Status.SENT),
    "DELIVERED": Status.DELIVERED,
    "READ": Status.READ,
    "FAILED": Status.FAILED,
}
SIGNALS: Final[Mapping[str, Literal["subscribed", "unsubscribed"]]] = {
    "OPT_IN_SUCCEEDED": "subscribed",
    "OPT_OUT_SUCCEEDED": "unsubscribed",
}


NOT_REACHABLE: Final = "RECIPIENT_NOT_REACHABLE"
"""Of a message over RCS: the phone does not show it."""


class _Identity(Payload):
    channel: str = ""
    identity: International


class _Choice(Payload):
    postback_data: str = ""


class _Coordinates(Payload):
    latitude: float
    longitude: float


class _Place(Payload):
    coordinates: _Coordinates


class _Text(Payload):
    text: str


class _Media(Payload):
    url: str
    caption: str = ""


class _Said(Payload):
    text_message: _Text | None = None
    choice_response_message: _Choice | None = None
    location_message: _Place | None = None
    media_message: _Media | None = None
    media_card_message: _Media | None = None


class _Message(Payload):
    id: str
    channel_identity: _Identity
    contact_message: _Said
    accept_time: str | None = None
    sender_id: str = ""


class _Reason(Payload):
    code: str = ""


class _Report(Payload):
    message_id: str
    status: str = SUBMITTED
    channel_identity: _Identity | None = None
    metadata: str = ""
    reason: _Reason | None = None


class _Event(Payload):
    id: str = ""
    channel_identity: _Identity


class _OptOut(Payload):
    request_id: str = ""
    status: str
    identity: International


def items(account: AccountName, body: Mapping[str, JsonValue]) -> Iterator[Item]:
    """The items of one event; none for what is of no person. Raises ValidationError."""
    match body:
        case {"message": {"direction": "TO_CONTACT"}}:
            return  # our own
        case {"message": message}:
            yield _said(account, _Message.model_validate(message))
        case {"message_delivery_report": report} | {"message_submit_notification": report}:
            at = time_in(str(body.get("event_time")))
            yield _report(account, _Report.model_validate(report), str(body.get("message_metadata")), at)
        case {"event": {"contact_event": {"composing_event": _}} as event}:
            typing = _Event.model_validate(event)
            yield Signal(account, typing.channel_identity.identity, "typing", id=typing.id)
        case {"opt_out_notification": told} | {"opt_in_notification": told}:
            opted = _OptOut.model_validate(told)
            if what := SIGNALS.get(opted.status):
                yield Signal(account, opted.identity, what, id=opted.request_id, code=opted.status)


def _said(account: AccountName, message: _Message) -> Item:
    said, number = message.contact_message, message.channel_identity.identity
    tap = Tap.of(said.choice_response_message.postback_data) if said.choice_response_message else None
    if said.choice_response_message and not tap:
        return Signal(account, number, "acted", id=message.id)
    text = "" if tap else _words(said)
    if text is None:
        return Bad(account, "neither text, tap, place nor file")
    at = time_in(message.accept_time)
    return Inbound(account, number, text, id=message.id, tap=tap, at=at, to=message.sender_id)


def _report(account: AccountName, report: _Report, metadata: str, at: datetime | None) -> Receipt | Bad:
    message = our_id(report.metadata) or our_id(metadata)
    whose = report.channel_identity
    number = whose.identity if whose else None
    reason = report.reason.code if report.reason and report.status == "FAILED" else ""
    if message is None and number is None:
        return Bad(account, "a report that does not say whose it is")
    return Receipt(
        account,
        STATUS.get(report.status),
        report.status,
        message=message,
        provider_id=report.message_id,
        number=number,
        at=at,
        error=reason,
        not_rcs=reason == NOT_REACHABLE and whose is not None and whose.channel == "RCS",
    )


def _words(said: _Said) -> str | None:
    """The words of a message; a place as a geo: URI (RFC 5870), a file as its link."""
    if said.text_message:
        return said.text_message.text
    if said.location_message:
        place = said.location_message.coordinates
        return f"geo:{place.latitude},{place.longitude}"
    if media := said.media_message or said.media_card_message:
        return "\n".join(filter(None, (media.caption, f"[file] {media.url}")))
    return None
