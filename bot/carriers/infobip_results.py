"""What Infobip tells: messages, taps, reports and events, pushed or asked for (providers-rcs.md 4.2). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from bot.carriers.calling import ACCOUNT, BAD_NUMBER, CONTENT, OPTED_OUT, RETRY, Facts, throttled
from bot.carriers.reading import International, Payload, flaw, international, our_id, time_in
from bot.messages import AccountName, Bad, Inbound, Item, Receipt, Signal, Status, Tap

STATUS: Final[Mapping[str, Status]] = {
    "DELIVERED_TO_OPERATOR": Status.SENT,  # on its way: another follows
    "EXPIRED_DLR_UNKNOWN": Status.UNKNOWN,
    "REJECTED_DUPLICATE_MESSAGE_ID": Status.SENT,  # of a repeat: the first was taken
    **dict.fromkeys(("ACCEPTED", "PENDING"), Status.SENT),
    "DELIVERED": Status.DELIVERED,
    **dict.fromkeys(("UNDELIVERABLE", "EXPIRED", "REJECTED"), Status.FAILED),
}
"""By the name of a status, else by its group's."""
FACTS: Final[Mapping[str, Facts]] = {
    **dict.fromkeys(("MISSING_TO", "REJECTED_DESTINATION", "REJECTED_PREFIX_MISSING"), BAD_NUMBER),
    **dict.fromkeys(("REJECTED_DND", "REJECTED_DESTINATION_BLOCKLISTED"), OPTED_OUT),
    **dict.fromkeys(("REJECTED_SOURCE", "REJECTED_SENDER", "REJECTED_ROUTE_NOT_AVAILABLE"), ACCOUNT),
    **dict.fromkeys(("REJECTED_NOT_ENOUGH_CREDITS", "REJECTED_PREPAID_PACKAGE_EXPIRED"), ACCOUNT),
    "REJECTED_DESTINATION_NOT_REGISTERED": ACCOUNT,  # a trial account, good for one number
    "REJECTED_FLOODING_FILTER": throttled(3600),  # 20 to a number in an hour, or 6 of the same
    **dict.fromkeys(("REJECTED_SYSTEM_ERROR", "UNDELIVERABLE_REJECTED_PLATFORM"), RETRY),
    **dict.fromkeys(("REJECTED_MESSAGE_TOO_LONG", "REJECTED_INVALID_UDH", "SIGNALS_BLOCKED"), CONTENT),
    "REJECTED_VALIDATION_FAILED": CONTENT,
}
"""A status that says no, by its name; others of these groups are permanent."""
UNKNOWN_USER: Final = "EC_UNKNOWN_USER"
"""Of a message over RCS: the phone does not show it."""


class _Infobip(Payload):
    model_config = ConfigDict(alias_generator=to_camel)


class Outcome(_Infobip):
    """A status or an error: its name, and its group's."""

    group_name: str
    name: str
    description: str = ""


class _Report(_Infobip):
    message_id: str
    status: Outcome
    error: Outcome | None = None
    to: str = ""
    destination: str = ""  # so named in logs
    done_at: str | None = None


class _Seen(_Infobip):
    message_id: str
    seen_at: str


class _Sms(_Infobip):
    message_id: str
    from_: International = Field(alias="from")
    to: str = ""
    text: str
    received_at: str | None = None


class _Content(_Infobip):
    type: str
    text: str | None = None
    postback_data: str = ""
    url: str = ""
    content_type: str = ""
    latitude: float | None = None
    longitude: float | None = None


class _Rcs(_Infobip):
    message_id: str
    sender: International
    to: str = ""
    message: _Content
    received_at: str | None = None


class _Typing(_Infobip):
    sender: International


def items(account: AccountName, results: Sequence[JsonValue]) -> Iterator[Item]:
    """The items of a push, or of what was asked for: messages, taps, reports and events."""
    for result in results:
        if not isinstance(result, dict):
            yield Bad(account, "a result that is no object")
            continue
        try:
            yield from _item(account, result)
        except ValidationError as error:
            yield Bad(account, flaw(error))


def _item(account: AccountName, result: dict[str, JsonValue]) -> Iterator[Item]:
    match result:
        case {"status": _}:
            yield from _report(account, _Report.model_validate(result))
        case {"seenAt": _}:
            seen = _Seen.model_validate(result)
            yield _receipt(account, seen.message_id, Status.READ, "SEEN", at=time_in(seen.seen_at))
        case {"message": _}:
            yield _rcs(account, _Rcs.model_validate(result))
        case {"text": _}:
            sms = _Sms.model_validate(result)
            at = time_in(sms.received_at)
            yield Inbound(account, sms.from_, sms.text, id=sms.message_id, at=at, to=sms.to)
        case {"event": {"type": "TYPING_INDICATOR"}}:
            yield Signal(account, _Typing.model_validate(result).sender, "typing")
        case {"event": _}:
            return  # of a sender or a session, and seen in its portal
        case _:
            yield Bad(account, "neither a message, a report nor an event")


def _rcs(account: AccountName, rcs: _Rcs) -> Item:
    content = rcs.message
    tap = Tap.of(content.postback_data)
    text = content.text
    if content.type == "LOCATION":
        text = f"geo:{content.latitude},{content.longitude}"
    elif content.type == "FILE":
        text = f"[{content.content_type}] {content.url}"
    elif content.type == "SUGGESTION" and tap is None:
        return Signal(account, rcs.sender, "acted", id=rcs.message_id)
    if text is None:
        return Bad(account, "neither text, tap, place nor file")
    at = time_in(rcs.received_at)
    return Inbound(account, rcs.sender, text, id=rcs.message_id, tap=tap, at=at, to=rcs.to)


def _report(account: AccountName, report: _Report) -> Iterator[Item]:
    """A receipt; an opt-out besides where the number is on a blocklist."""
    name, error = report.status.name, report.error
    why = error.name if error and error.name != "NO_ERROR" else ""
    number = international(report.to or report.destination)
    status = became(report.status)
    not_rcs = status is Status.FAILED and why == UNKNOWN_USER
    about = {"number": number, "at": time_in(report.done_at), "error": why, "not_rcs": not_rcs}
    yield _receipt(account, report.message_id, status, name, **about)
    if number and FACTS.get(name) is OPTED_OUT:
        yield Signal(account, number, "unsubscribed", id=report.message_id, code=name)


def _receipt(account: AccountName, message: str, status: Status | None, raw: str, **about: Any) -> Receipt | Bad:
    """about: the fields of the Receipt that are known."""
    ours = our_id(message)
    if ours is None:
        return Bad(account, "a report of a message id that is not ours")
    return Receipt(account, status, raw, ours, provider_id=ours, **about)


def became(status: Outcome) -> Status | None:
    """In our words; None for a status of no group that is known."""
    return STATUS.get(status.name, STATUS.get(status.group_name))
