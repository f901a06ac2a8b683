"""The journal's entries: everything that happened to one contact, in the order it was committed.

One stream entry carries one field `e`, a JSON list of the objects below, all of one contact; the stream
id is when it was committed. Python builds the text, a script appends it together with what it describes,
the recorder projects it into SQL. An entry never holds a phone number in clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired, TypeAlias

from pydantic import Field, JsonValue, SkipValidation, TypeAdapter
from typing_extensions import TypedDict  # pydantic cannot read typing's before Python 3.12

from flows.values import to_json

Count: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)]
"""A number that any database takes as an integer."""

Json: TypeAlias = Annotated[JsonValue, SkipValidation]
"""Whatever the JSON text held."""

StatusWord: TypeAlias = Literal[
    "queued", "attempted", "unknown", "sent", "delivered", "read", "failed", "dropped", "revoked"
]
"""The values of `bot.messages.Status`."""


class ContactEntry(TypedDict):
    """First sight of a contact. number: sealed E.164 (`bot.sealing`)."""

    t: Literal["contact"]
    contact: str
    number: str


class TurnEntry(TypedDict):
    """One stimulus and what it caused; exactly one per stimulus.

    id / kind / at: of the stimulus (ISO 8601 UTC). text: the words or the label tapped.
    account / provider_id: where words and taps came from. readings: `flows.state.Reading`s as JSON.
    context: subject of the question the words were first read against.
    notes: [reason, detail] pairs. effects: [effect kind, what] pairs, for the timeline.
    """

    t: Literal["turn"]
    contact: str
    id: str
    kind: str
    at: str
    before: str
    after: str
    thread: str
    reason: str
    text: NotRequired[str]
    account: NotRequired[str]
    provider_id: NotRequired[str]
    tap: NotRequired[list[str]]
    event: NotRequired[str]
    by: NotRequired[str]
    readings: NotRequired[list[Json]]
    context: NotRequired[str]
    notes: NotRequired[list[list[str]]]
    effects: NotRequired[list[list[str]]]


class OutEntry(TypedDict):
    """An outbound was queued. at: ISO 8601 UTC. data: what its card is rendered with.
    instead_of: the RCS message that did not arrive and that this is the text of."""

    t: Literal["out"]
    contact: str
    id: str
    at: str
    card: str
    data: Json
    thread: str
    ask: str
    kind: str
    topic: str
    reply_to: str
    expires_at: NotRequired[str]
    instead_of: NotRequired[str]


class AttemptEntry(TypedDict):
    """An attempt was recorded, before the carrier was called. text: exactly what is sent as text,
    or the text form of the card. rich: the card's JSON when form is "rbm"."""

    t: Literal["attempt"]
    contact: str
    id: str
    n: Count
    account: str
    form: str
    text: str
    segments: Count
    why: str
    rich: NotRequired[Json]


class StatusEntry(TypedDict):
    """An outbound changed state by our own doing: sent, failed, unknown, dropped, queued (again, backing
    off or held until `until`). response: the carrier's answer, cut."""

    t: Literal["status"]
    contact: str
    id: str
    status: StatusWord
    why: str
    account: NotRequired[str]
    provider_id: NotRequired[str]
    code: NotRequired[str]
    response: NotRequired[str]
    until: NotRequired[str]


class ReceiptEntry(TypedDict):
    """A receipt. status: ours, or "" when `raw` is not in the carrier's table. applied: it moved the status."""

    t: Literal["receipt"]
    contact: str
    id: str
    account: str
    status: StatusWord | Literal[""]
    raw: str
    error: str
    provider_id: str
    at: str
    applied: bool


class RecallEntry(TypedDict):
    """A step of taking an RCS message back. outcome: "asked" before the carrier is, then what it said; "failed": the
    network said so by itself; "unclear": no receipt came either. instead: the text that goes out for it."""

    t: Literal["recall"]
    contact: str
    id: str
    account: str
    outcome: Literal["asked", "revoked", "delivered", "not_found", "error", "refused", "failed", "unclear"]
    why: str
    instead: NotRequired[str]


class ConsentEntry(TypedDict):
    """The person switched a topic ("*" = all a TD covers) off or on. evidence: the words, as said."""

    t: Literal["consent"]
    contact: str
    topic: str
    granted: bool
    evidence: str
    stimulus: str


class OutcomeEntry(TypedDict):
    """An outcome for the platform: emitted with the turn, later posted or dead."""

    t: Literal["outcome"]
    contact: str
    id: str
    state: Literal["emitted", "posted", "dead"]
    type: str
    thread: str
    sequence: Count
    data: NotRequired[Json]
    why: NotRequired[str]


class ParkedEntry(TypedDict):
    """A stimulus that failed every claim was set aside. mail: as it lay in the mailbox."""

    t: Literal["parked"]
    contact: str
    mail: str


class SignalEntry(TypedDict):
    """Typing, or a subscription change a carrier told of."""

    t: Literal["signal"]
    contact: str
    account: str
    what: str


Entry: TypeAlias = (
    ContactEntry
    | TurnEntry
    | OutEntry
    | AttemptEntry
    | StatusEntry
    | ReceiptEntry
    | RecallEntry
    | ConsentEntry
    | OutcomeEntry
    | ParkedEntry
    | SignalEntry
)

_read = TypeAdapter(list[Annotated[Entry, Field(discriminator="t")]]).validator.validate_json


def encode(entries: Sequence[Entry]) -> str:
    """The text of the stream field `e`."""
    return to_json(entries).decode()


def decode(field: str | bytes) -> list[Entry]:
    """Read back what `encode` (or a script) wrote. Raises ValueError when it is not a JSON list of entries."""
    entries: list[Entry] = _read(field)
    return entries
