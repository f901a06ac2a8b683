"""What the ledger answers to those who read it. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import JsonValue
from pydantic_core import from_json
from sqlalchemy import Row, RowMapping

from bot.messages import Status
from bot.record.journal import Entry


@dataclass(frozen=True, slots=True)
class LastWords:
    """The newest message of a conversation. text: None until it was first attempted (then `card` says what it is)."""

    direction: Literal["in", "out"]
    at: datetime
    text: str | None
    card: str | None
    status: Status | None


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list of conversations. position, at: of the last thing that happened, whatever it was."""

    contact: str
    position: int
    at: datetime
    last: LastWords | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One journal entry. (position, index) is unique and never changes; `position` is the cursor to go on from.

    at: when it was committed.
    """

    position: int
    index: int
    at: datetime
    entry: Entry


@dataclass(frozen=True, slots=True)
class Change:
    """Something was recorded of this person."""

    position: int
    contact: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """number: sealed (`bot.sealing`)."""

    id: str
    number: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message, as far as it is known. at: when it came in or was queued. See `bot.record.tables`."""

    id: str
    contact: str
    direction: Literal["in", "out"]
    at: datetime
    account: str | None
    form: str | None
    text: str | None
    rich: JsonValue
    card: str | None
    kind: str | None
    topic: str | None
    thread: str | None
    ask: str | None
    reply_to: str | None
    segments: int | None
    attempts: int | None
    expires_at: datetime | None
    attempted_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    due_at: datetime | None
    status: Status | None
    why: str | None
    code: str | None
    provider_id: str | None
    response: str | None
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class Label:
    """What a reply meant, as staff say. slots: by the names of `flows.understand`, prices as numbers."""

    intent: str
    slots: Mapping[str, JsonValue]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unclear:
    """A reply the grammar could not read. stimulus: its id. context: subject of the question it was read against."""

    position: int
    stimulus: str
    contact: str
    at: datetime
    context: str
    text: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is. outbound: by status. outcomes: by state (emitted, posted, dead)."""

    contacts: int
    turns: int
    inbound: int
    outbound: Mapping[Status, int]
    outcomes: Mapping[str, int]
    parked: int
    dead: int


def moment(ms: int) -> datetime:
    """Epoch milliseconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def to_message(row: RowMapping) -> Message:
    """A row of the table `messages`."""
    values: dict[str, Any] = {name: value for name, value in row.items() if name not in ("position", "rank")}
    for name, value in values.items():
        if value is not None and (name == "at" or name.endswith("_at")):
            values[name] = moment(value)
    values["rich"] = from_json(values["rich"]) if values["rich"] else None
    values["status"] = Status(values["status"]) if values["status"] else None
    return Message(**values)


def to_unclear(row: Row[Any]) -> Unclear:
    """A row of the table `turns` with what is joined of `labels`."""
    label = Label(row.intent, from_json(row.slots), row.by, moment(row.labelled_at)) if row.intent else None
    return Unclear(row.position, row.stimulus, row.contact, moment(row.at), row.context, row.text, label)


def summary(row: RowMapping) -> Summary:
    """A line of the list of conversations, with what is joined of the table `messages`."""
    last = None
    if row["direction"]:
        status = Status(row["status"]) if row["status"] else None
        last = LastWords(row["direction"], moment(row["said_at"]), row["text"], row["card"], status)
    return Summary(row["contact"], row["position"], moment(row["at"]), last)


def page(position: int, body: str) -> list[TimelineEntry]:
    """The entries of one page of the journal, in the order they happened."""
    entries = [(ms, entry) for ms, entries in from_json(body) for entry in entries]
    return [TimelineEntry(position, index, moment(ms), entry) for index, (ms, entry) in enumerate(entries)]
