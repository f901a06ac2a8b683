"""What a turn causes, besides the next conversation. Values; others carry them out."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, TypeAlias

from flows.asks import Ask, Kind, Slots
from flows.values import Value, field


class Say(Value, frozen=True):
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
    effect: ClassVar[str] = "say"


class Do(Value, frozen=True):
    """Run a rasa-sdk action, once decided. `call_id` is the idempotency key on every attempt."""

    call_id: str
    action: str
    attempt: int
    thread: str
    slots: Slots
    text: str = ""
    intent: str = ""
    entities: Slots = field(default_factory=dict)
    effect: ClassVar[str] = "do"


class SetTimer(Value, frozen=True):
    """Wake this conversation with `Elapsed(timer=id)`. Setting an id again moves it."""

    id: str
    at: datetime
    effect: ClassVar[str] = "set_timer"


class ClearTimer(Value, frozen=True):
    id: str
    effect: ClassVar[str] = "clear_timer"


class Emit(Value, frozen=True):
    """An outcome for the platform. `sequence` counts up within the thread from 1."""

    id: str
    type: str
    data: Slots
    thread: str
    sequence: int
    effect: ClassVar[str] = "emit"


class Consent(Value, frozen=True):
    """The person switched something off or on. topic "*" = everything the scope of TD covers."""

    topic: str
    granted: bool
    evidence: str
    effect: ClassVar[str] = "consent"


class Note(Value, frozen=True):
    """For the journal only: why something was refused, superseded, listed or ignored."""

    reason: str
    detail: str = ""
    thread: str = ""
    effect: ClassVar[str] = "note"


class HandOver(Value, frozen=True):
    """Give the conversation to a person (or, with `by` empty and `back`, return it to the bot).

    Without `by` it waits for anyone: the bot is silenced only once a colleague has taken it.
    """

    reason: str
    by: str = ""
    back: bool = False
    effect: ClassVar[str] = "hand_over"


Effect: TypeAlias = Say | Do | SetTimer | ClearTimer | Emit | Consent | Note | HandOver
