"""The plain values a conversation is made of.

Everything here is frozen, holds only JSON-like data, and is serialised as it stands
(``dump`` / ``load`` of `Conversation`): what is in the store is what is in these classes.
Times are aware datetimes in UTC. Amounts of money are decimal strings of yuan ("15200",
"15200.50") inside slots, because a slot must survive JSON; `flows.engine` and the cards turn
them into `Decimal` at the edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, JsonValue, TypeAdapter, WrapSerializer

Slots: TypeAlias = Mapping[str, JsonValue]
"""Named values: what a flow knows, what a reply said, what an action returned."""

Kind = Literal["verification", "conversation", "transactional", "marketing"]


# ---------------------------------------------------------------- what was asked


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer an ask offers, frozen when the ask is made so that "2" cannot change its meaning.

    id: stable within the ask, what a tap carries ("accept", "listing-2.extend").
    means: the intent it stands for ("affirm", "choose").
    slots: what picking it says besides ("days": 7, "option": 3, "listing": "L-17").
    labels: language -> what the button says.
    hidden: true when text does not number it (`text: hidden` in the card): a tap only.
    """

    id: str
    means: str
    labels: Mapping[str, str]
    slots: Slots = field(default_factory=dict)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What `understand` may know of an ask: how its answers are read, and nothing else.

    subject: the grammar of its answers: offer, reprice, expiring, payout, appointment, order,
        rating, none, or plain (choices, yes and no only).
    accepts: intents the asking state can take, besides those that hold everywhere.
    choices: in the order text numbers them (hidden ones are skipped in the numbering).
    facts: what an answer may be compared with: "price" (decimal string), "when"
        (YYYY-MM-DDTHH:MM local), "until" (YYYY-MM-DD).
    """

    subject: str = "none"
    accepts: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    facts: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question put to the person, bound to the revision of its thread that it shows.

    id: "<thread id>.<number>", safe in a URL, a Redis field and a postback.
    title: the one line that names it when several are open ("腕表（编号#3287）¥15,200").
    shown_at: when its first send attempt was recorded; None = not shown, cannot be answered in words.
    delivered_at: when the carrier said the phone has it; None without receipts.
    closed_at / closed_by: set once, when it can no longer be answered, and why
        (answered, replaced, lapsed, ended, failed).
    replaces: the ask of the same thread it took the place of (a changed price).
    said: id of the `Say` that put it to the person first; later ones (a reminder) only show it again.
    """

    id: str
    thread: str
    revision: int
    state: str
    question: Question
    title: str
    asked_at: datetime
    replaces: str | None = None
    shown_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    said: str = ""

    @property
    def open(self) -> bool:
        return self.closed_at is None


# ---------------------------------------------------------------- what was understood


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading that was possible and turned down, with the reason staff are shown."""

    intent: str
    slots: Slots
    rule: str
    turned_down: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What `understand` made of a reply.

    intent: an intent the question accepts, one that holds everywhere, or "unclear".
    rule: the rule that decided, "<module>.<rule>" ("choices.number", "yes_no.affirm").
    why: one sentence for staff.
    choice: id of the `Choice` it stands for, when it is one.
    """

    intent: str
    rule: str
    why: str
    slots: Slots = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    choice: str | None = None


# ---------------------------------------------------------------- stimuli


@dataclass(frozen=True, slots=True)
class Said:
    """The person's words. `id` is the mail's id: the same words sent twice are two ids."""

    id: str
    at: datetime
    text: str
    kind: Literal["said"] = "said"


@dataclass(frozen=True, slots=True)
class Tapped:
    """A button. `ask` and `choice` are what the postback carried; label is what the phone showed."""

    id: str
    at: datetime
    ask: str
    choice: str
    label: str = ""
    kind: Literal["tapped"] = "tapped"


@dataclass(frozen=True, slots=True)
class Happened:
    """A business event of the platform, its `to` already taken out.

    revision: the event's own `revision`, or its CloudEvent `time` in epoch milliseconds.
    """

    id: str
    at: datetime
    type: str
    data: Slots
    revision: int
    kind: Literal["happened"] = "happened"


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A timer came due. `timer` is the id given in `SetTimer`; it names the ask or call it guards."""

    id: str
    at: datetime
    timer: str
    kind: Literal["elapsed"] = "elapsed"


@dataclass(frozen=True, slots=True)
class Returned:
    """The answer of a `Do`.

    error: "" when it succeeded; otherwise what failed, in words for staff.
    retry: true when the same call may be tried again (the platform was slow or down).
    events: rasa-sdk events as they came, in order. responses: rasa-sdk responses likewise.
    """

    id: str
    at: datetime
    call_id: str
    attempt: int
    events: tuple[Slots, ...] = ()
    responses: tuple[Slots, ...] = ()
    error: str = ""
    retry: bool = False
    kind: Literal["returned"] = "returned"


@dataclass(frozen=True, slots=True)
class Settled:
    """An outbound that carried an ask will not reach the person: dropped, failed or expired unsent.

    say: id of its `Say` where it is known, so that a lost reminder does not close an ask that was seen.
    """

    id: str
    at: datetime
    ask: str
    outcome: Literal["dropped", "failed", "expired"]
    reason: str
    say: str = ""
    kind: Literal["settled"] = "settled"


@dataclass(frozen=True, slots=True)
class Staffed:
    """A support colleague acted: take, hand_back, say, apply (an item that was listed while held)."""

    id: str
    at: datetime
    by: str
    act: Literal["take", "hand_back", "say", "apply"]
    text: str = ""
    item: str = ""
    kind: Literal["staffed"] = "staffed"


def _tagged(stimulus: Said | Tapped | Happened | Elapsed | Returned | Settled | Staffed, handler: Any) -> Any:
    """`dump` leaves defaults out, and `kind` is one: put the union's tag back."""
    return {"kind": stimulus.kind, **handler(stimulus)}


Stimulus: TypeAlias = Annotated[
    Said | Tapped | Happened | Elapsed | Returned | Settled | Staffed,
    Field(discriminator="kind"),
    WrapSerializer(_tagged),
]


# ---------------------------------------------------------------- effects


@dataclass(frozen=True, slots=True)
class Say:
    """Send a card. `id` is derived (stimulus id and index), so a repeated step makes the same one.

    data: what the card's templates may use. ask: the ask it shows, when it asks.
    kind: "conversation" when it answers the person's own words, else the flow's.
    essential: a contract notice of a deal under way: passes a TD.
    to_opted_out: the one legal confirmation of an opt-out, which goes out after it.
    through_hold: goes out although a colleague holds the conversation: their own words, or that confirmation.
    expires_at: nothing is sent after it.
    """

    id: str
    card: str
    data: Slots
    thread: str
    kind: Kind
    topic: str
    ask: Ask | None = None
    essential: bool = False
    to_opted_out: bool = False
    expires_at: datetime | None = None
    reply_to: str = ""
    through_hold: bool = False
    effect: Literal["say"] = "say"


@dataclass(frozen=True, slots=True)
class Do:
    """Run a rasa-sdk action, once decided. `call_id` is the idempotency key on every attempt."""

    call_id: str
    action: str
    attempt: int
    thread: str
    slots: Slots
    text: str = ""
    intent: str = ""
    entities: Slots = field(default_factory=dict)
    effect: Literal["do"] = "do"


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Wake this conversation with `Elapsed(timer=id)`. Setting an id again moves it."""

    id: str
    at: datetime
    effect: Literal["set_timer"] = "set_timer"


@dataclass(frozen=True, slots=True)
class ClearTimer:
    id: str
    effect: Literal["clear_timer"] = "clear_timer"


@dataclass(frozen=True, slots=True)
class Emit:
    """An outcome for the platform. `sequence` counts up within the thread from 1."""

    id: str
    type: str
    data: Slots
    thread: str
    sequence: int
    effect: Literal["emit"] = "emit"


@dataclass(frozen=True, slots=True)
class Consent:
    """The person switched something off or on. topic "*" = everything the scope of TD covers."""

    topic: str
    granted: bool
    evidence: str
    effect: Literal["consent"] = "consent"


@dataclass(frozen=True, slots=True)
class Note:
    """For the journal only: why something was refused, superseded, listed or ignored."""

    reason: str
    detail: str = ""
    thread: str = ""
    effect: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give the conversation to a person (or, with `by` empty and `back`, return it to the bot).

    Without `by` it waits for anyone: the bot is silenced only once a colleague has taken it.
    """

    reason: str
    by: str = ""
    back: bool = False
    effect: Literal["hand_over"] = "hand_over"


Effect: TypeAlias = Annotated[
    Say | Do | SetTimer | ClearTimer | Emit | Consent | Note | HandOver, Field(discriminator="effect")
]


# ---------------------------------------------------------------- the conversation


@dataclass(frozen=True, slots=True)
class Pending:
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


@dataclass(frozen=True, slots=True)
class Thread:
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


@dataclass(frozen=True, slots=True)
class Ended:
    """What is remembered of a thread that ended: a key may open again only with a higher revision."""

    flow: str
    key: str
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """What staff find when they take the conversation: unanswered words and taps, what the bot did not say,
    and answers of calls that came too late to be acted on."""

    id: str
    at: datetime
    what: Literal["said", "tapped", "say", "returned"]
    text: str
    say: Say | None = None
    stimulus: Stimulus | None = None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the words would have meant to one of several open asks. The ask is of one revision, so the answer is too."""

    ask: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer already given, kept while the bot asks which question it was for.

    which: the ask that asks. until: afterwards the answer is forgotten and the question is put again.
    """

    which: str
    answers: tuple[KeptAnswer, ...]
    text: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Guard:
    """Against loops: how often the person wrote this hour, and the same exchange in a row."""

    hour: datetime
    turns: int = 0
    exchange: str = ""
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that is between us and one contact. One value; the store counts its versions.

    threads: those that have not ended.
    asks: open ones, and those closed less than `ask_memory` ago.
    held_by: the colleague who holds it ("" = the bot speaks). "*" = waiting for anyone to take it: the bot goes
        on, but what it does not understand is listed for staff instead of asked back.
    unclear: replies in a row that fitted nothing while nothing was open.
    stopped_at: when the person last opted out of everything; None after opting in again.
    """

    contact: str
    version: int = 0
    language: str = "zh"
    zone: str = "Asia/Shanghai"
    threads: tuple[Thread, ...] = ()
    asks: tuple[Ask, ...] = ()
    ended: tuple[Ended, ...] = ()
    kept: Kept | None = None
    held_by: str = ""
    listed: tuple[Listed, ...] = ()
    unclear: int = 0
    stopped_at: datetime | None = None
    guard: Guard | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one stimulus caused: the next conversation and a list of effects. A plain value.

    readings: what its words were taken for, first reading first (empty for anything but words).
    before / after: "<flow>/<state>" of the thread that moved, for the journal ("" = none).
    reason: one sentence: why this and nothing else.
    closed: ids of asks this turn closed; their unsent outbound is cancelled in the same commit.
    """

    conversation: Conversation
    effects: tuple[Effect, ...] = ()
    readings: tuple[Reading, ...] = ()
    before: str = ""
    after: str = ""
    thread: str = ""
    reason: str = ""
    closed: tuple[str, ...] = ()


_CONVERSATION = TypeAdapter(Conversation)
_STIMULUS: TypeAdapter[Stimulus] = TypeAdapter(Stimulus)


def dump(conversation: Conversation) -> bytes:
    """The conversation as the JSON document the store keeps."""
    return _CONVERSATION.dump_json(conversation, exclude_defaults=True)


def load(document: bytes | str) -> Conversation:
    """Read back what `dump` wrote. Raises pydantic.ValidationError when it is not one."""
    return _CONVERSATION.validate_json(document)


def load_stimulus(document: bytes | str) -> Stimulus:
    """A stimulus from its JSON form. Raises pydantic.ValidationError when it is not one."""
    return _STIMULUS.validate_json(document)


def with_shown(conversation: Conversation, shown: Mapping[str, tuple[datetime, datetime | None]]) -> Conversation:
    """The conversation with what the sender and the receipts recorded about its asks put in.

    shown: ask id -> (first attempt, delivered or None), as claimed together with the document.
    """
    if not shown:
        return conversation
    asks = tuple(
        replace(ask, shown_at=shown[ask.id][0], delivered_at=shown[ask.id][1]) if ask.id in shown else ask
        for ask in conversation.asks
    )
    return replace(conversation, asks=asks)
