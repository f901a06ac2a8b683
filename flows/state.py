"""The plain values a conversation is made of.

Everything here is frozen, holds only JSON-like data, and is serialised as it stands (``dump`` / ``load`` of
`Conversation`): what is in the store is what is in these classes. What was asked, what moves a conversation and what a
turn causes have files of their own (`asks`, `stimuli`, `effects`) and are imported from here.

Times are aware datetimes in UTC. Amounts of money are decimal strings of yuan ("15200", "15200.50") inside slots,
because a slot must survive JSON; whoever calculates with one makes a `Decimal` of it first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, get_args

import msgspec

from flows.asks import Ask, Candidate, Choice, Kind, Question, Reading, Slots
from flows.effects import ClearTimer, Consent, Do, Effect, Emit, HandOver, Note, Say, SetTimer
from flows.stimuli import Elapsed, Happened, Reported, Returned, Said, Settled, Staffed, Stimulus, Tapped
from flows.values import Value, field, replace, to_json

__all__ = [
    "Ask",
    "Candidate",
    "Choice",
    "ClearTimer",
    "Consent",
    "Conversation",
    "Do",
    "Effect",
    "Elapsed",
    "Emit",
    "Guard",
    "HandOver",
    "Happened",
    "Kept",
    "KeptAnswer",
    "Kind",
    "Listed",
    "Note",
    "Pending",
    "Question",
    "Reading",
    "Reported",
    "Returned",
    "Said",
    "Say",
    "SetTimer",
    "Settled",
    "Slots",
    "Staffed",
    "Stimulus",
    "Tapped",
    "Thread",
    "Turn",
    "dump",
    "load",
    "to_stimulus",
    "with_shown",
]


class Pending(Value, frozen=True):
    """A committed call whose answer has not come. While it is there its thread is frozen.

    slots: what the action was given, kept so that it is run again from this record, never decided again.
    go: the state to enter when it succeeds; "" = the `then` of the thread's state decides.
    reply_to: the mail whose words decided it ("" = nobody's words did), so that its outcome is a reply to them.
    told: the person has been told that it is being confirmed.
    unknown: the deadline passed without an answer; staff know, and the thread waits for them.
    """

    call_id: str
    action: str
    slots: Slots
    ask: str
    revision: int
    attempt: int
    since: datetime
    deadline: datetime
    go: str = ""
    text: str = ""
    intent: str = ""
    entities: Slots = field(default_factory=dict)
    reply_to: str = ""
    told: bool = False
    unknown: bool = False


class Thread(Value, frozen=True):
    """One run of a flow with one contact.

    id: short and safe everywhere (a hash of flow, key and first revision), `key` is the platform's own word for it.
    version: content hash of the flow it began with.
    asks / sequence: how many asks it has made, how many outcomes it has emitted.
    waiting: stimuli that came while a call was pending, in order.
    timers: ids of the timers that are set for its open ask.
    unclear: replies to its open ask, in a row, that were not understood.
    """

    id: str
    flow: str
    version: str
    key: str
    revision: int
    state: str
    slots: Slots
    entered_at: datetime
    asks: int = 0
    sequence: int = 0
    pending: Pending | None = None
    waiting: tuple[Stimulus, ...] = ()
    timers: tuple[str, ...] = ()
    unclear: int = 0


class Listed(Value, frozen=True):
    """What staff find when they take the conversation: unanswered words and taps, what the bot did not say,
    and answers of calls that came too late to be acted on."""

    id: str
    at: datetime
    what: Literal["said", "tapped", "say", "returned"]
    text: str
    say: Say | None = None
    stimulus: Stimulus | None = None


class KeptAnswer(Value, frozen=True):
    """What the words would have meant to one of several open asks. The ask is of one revision, so the answer is too."""

    ask: str
    reading: Reading


class Kept(Value, frozen=True):
    """An answer already given, kept while the bot asks which question it was for.

    which: the ask that asks. until: afterwards the answer is forgotten and the question is put again.
    """

    which: str
    answers: tuple[KeptAnswer, ...]
    text: str
    until: datetime


class Guard(Value, frozen=True):
    """Against loops: how often the person wrote this hour, and the same exchange in a row."""

    hour: datetime
    turns: int = 0
    exchange: str = ""
    repeats: int = 0


class Conversation(Value, frozen=True):
    """All that is between us and one contact. One value; the store counts its versions.

    threads: those that have not ended.
    asks: open ones, and those closed less than `ask_memory` ago.
    ended: token of flow and key -> (revision, epoch seconds) of threads that ended: such a key opens again only with
        a higher revision.
    held_by: the colleague who holds it ("" = the bot speaks). "*" = waiting for anyone to take it: the bot goes
        on, but what it does not understand is listed for staff instead of asked back.
    unclear: replies in a row that fitted nothing while nothing was open.
    stopped_at: when the person last opted out of everything; None after opting in again.
    """

    contact: str
    language: str = "zh"
    zone: str = "Asia/Shanghai"
    threads: tuple[Thread, ...] = ()
    asks: tuple[Ask, ...] = ()
    ended: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    kept: Kept | None = None
    held_by: str = ""
    listed: tuple[Listed, ...] = ()
    unclear: int = 0
    stopped_at: datetime | None = None
    guard: Guard | None = None


class Turn(Value, frozen=True):
    """What one stimulus caused: the next conversation and a list of effects. A plain value.

    readings: what its words were taken for, first reading first (empty for anything but words).
    before / after: "<flow>/<state>" of the thread that moved, for the journal ("" = none).
    reason: one sentence: why this and nothing else.
    closed: ids of asks this turn closed; their unsent outbound is cancelled in the same commit.
    context: subject of the question its words were first read against ("" = nothing was read for the bot to answer).
    """

    conversation: Conversation
    effects: tuple[Effect, ...] = ()
    readings: tuple[Reading, ...] = ()
    before: str = ""
    after: str = ""
    thread: str = ""
    reason: str = ""
    closed: tuple[str, ...] = ()
    context: str = ""


_read = msgspec.json.Decoder(Conversation).decode
_STIMULI: Mapping[object, type[Stimulus]] = {one.__struct_config__.tag: one for one in get_args(Stimulus)}
"""By kind: converting to one class is known to msgspec beforehand, converting to their union is not."""


def dump(conversation: Conversation) -> bytes:
    """The conversation as the JSON document the store keeps."""
    return to_json(conversation)


def load(document: bytes | str) -> Conversation:
    """Read back what `dump` wrote. Raises msgspec.ValidationError when it is not one."""
    return _read(document)


def to_stimulus(given: Mapping[str, object]) -> Stimulus:
    """A stimulus from its JSON form, read. Raises msgspec.ValidationError when it is not one."""
    kind = given.get("kind")
    if kind not in _STIMULI:
        raise msgspec.ValidationError("a stimulus is of none of our kinds")
    return msgspec.convert(given, _STIMULI[kind])


def with_shown(
    conversation: Conversation,
    shown: Mapping[str, tuple[datetime, datetime | None]],
    awaited: Collection[str] = (),
) -> Conversation:
    """The conversation with what the sender and the receipts recorded about its asks put in.

    shown: ask id -> (first attempt, delivered or None), as claimed together with the document. It is all there is: an
        ask that is not in it was not shown, whatever was thought before (its attempt is known to have failed).
    awaited: ids of those whose delivery is still awaited.
    """
    never = (None, None)
    asks = tuple(
        replace(ask, shown_at=at[0], delivered_at=at[1], awaited=ask.id in awaited)
        for ask in conversation.asks
        for at in [shown.get(ask.id, never)]
    )
    return replace(conversation, asks=asks)
