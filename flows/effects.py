"""What a turn causes, besides the next conversation. Values; others carry them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from flows.asks import Ask, Kind, Slots


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
