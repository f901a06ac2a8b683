"""What Vonage tells: messages, taps and statuses, one in a push; and its error codes (providers-rcs.md 4.3). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import Field, JsonValue

from bot.carriers.calling import ACCOUNT, BAD_NUMBER, CONTENT, OPTED_OUT, RETRY, TEMPLATE, Facts, throttled
from bot.carriers.reading import International, Payload, our_id, time_in
from bot.messages import AccountName, Bad, Inbound, Item, Receipt, Signal, Status, Tap

STATUS: Final[Mapping[str, Status]] = {
    "submitted": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    **dict.fromkeys(("rejected", "undeliverable"), Status.FAILED),
}
CODES: Final[Mapping[str, Facts]] = {
    "1000": throttled(None),
    **dict.fromkeys(("1010", "1020", "1021", "1090", "1130", "1150", "1210"), CONTENT),
    "1022": TEMPLATE,
    **dict.fromkeys(("1040", "1170", "1240", "1430"), BAD_NUMBER),
    "1050": OPTED_OUT,  # on its blacklist
    **dict.fromkeys(("1060", "1070", "1080", "1120", "1420", "low-balance"), ACCOUNT),
    "1100": RETRY,  # not submitted
}
"""Its error codes, of an answer or of a status. Those that are not here are permanent."""


class _Error(Payload):
    type: str = ""
    title: str = ""


class _Status(Payload):
    message_uuid: str
    status: str
    to: International
    client_ref: str = ""
    timestamp: str | None = None
    error: _Error | None = None


class _Place(Payload):
    lat: float
    long: float


class _File(Payload):
    url: str
    caption: str = ""


class _Said(Payload):
    message_uuid: str
    from_: International = Field(alias="from")
    to: str = ""
    timestamp: str | None = None
    message_type: str = "text"
    text: str | None = None
    reply: dict[str, JsonValue] | None = None
    button: dict[str, JsonValue] | None = None
    location: _Place | None = None
    image: _File | None = None
    video: _File | None = None
    audio: _File | None = None
    file: _File | None = None


@dataclass(frozen=True, slots=True)
class Tapped:
    """The fields of a tap: of the chip's words in `reply`, and of our postback and the words in `button`."""

    reply_label: str
    button_postback: str
    button_label: str


def items(account: AccountName, tapped: Tapped, body: Mapping[str, JsonValue]) -> Iterator[Item]:
    """The items of one push: a message, or a status. Raises ValidationError."""
    if "status" in body:
        yield from _status(account, _Status.model_validate(body))
    else:
        yield _said(account, tapped, _Said.model_validate(body))


def _status(account: AccountName, told: _Status) -> Iterator[Item]:
    """A status; an opt-out besides where the number is on a blacklist."""
    code = (told.error.type.rpartition("#")[2] or told.error.title) if told.error else ""
    yield Receipt(
        account,
        STATUS.get(told.status),
        told.status,
        message=our_id(told.client_ref),
        provider_id=told.message_uuid,
        number=told.to,
        at=time_in(told.timestamp),
        error=code,
    )
    if CODES.get(code) is OPTED_OUT:
        yield Signal(account, told.to, "unsubscribed", id=told.message_uuid, code=code)


def _said(account: AccountName, tapped: Tapped, said: _Said) -> Item:
    number, mark = said.from_, said.message_uuid
    told = said.button or {} if said.reply is None else said.reply
    is_button = said.reply is None and said.button is not None
    postback = told.get(tapped.button_postback if is_button else "id")
    tap = Tap.of(postback) if isinstance(postback, str) else None
    label = "" if is_button and not tap else str(told.get(tapped.button_label if is_button else tapped.reply_label, ""))
    if (said.reply is not None or is_button) and not tap and not label:
        return Signal(account, number, "acted", id=mark)
    text = label if tap or label else _words(said)
    if text is None:
        return Bad(account, "neither text, tap, place nor file")
    return Inbound(account, number, text, id=mark, tap=tap, at=time_in(said.timestamp), to=said.to)


def _words(said: _Said) -> str | None:
    """The words of a message; a place as a geo: URI (RFC 5870), a file as its type and link."""
    if said.location:
        return f"geo:{said.location.lat},{said.location.long}"
    if file := said.image or said.video or said.audio or said.file:
        return "\n".join(filter(None, (file.caption, f"[{said.message_type}] {file.url}")))
    return said.text
