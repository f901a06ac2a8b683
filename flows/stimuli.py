"""Anything that can move a conversation. `at` is when the store took it in; that order is the order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, WrapSerializer

from flows.asks import Slots


@dataclass(frozen=True, slots=True)
class Said:
    """The person's words. `id` is the mail's id: the same words sent twice are two ids.

    hint: an intent that a second opinion finds in words the grammar could not read ("" = none).
    again: the same words came shortly before, another question was shown since, and nothing but the words could tell a
        repeat of the carrier's.
    """

    id: str
    at: datetime
    text: str
    hint: str = ""
    again: bool = False
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


@dataclass(frozen=True, slots=True)
class Reported:
    """A carrier says that the person opted out or in with the carrier itself, or stands on its blacklist.

    by: the account. topic: what that covers, "*" = all that a TD does. code: the carrier's own word for it.
    """

    id: str
    at: datetime
    by: str
    what: Literal["unsubscribed", "subscribed"]
    topic: str = "*"
    code: str = ""
    kind: Literal["reported"] = "reported"


def _tagged(
    stimulus: Said | Tapped | Happened | Elapsed | Returned | Settled | Staffed | Reported, handler: Any
) -> Any:
    """`dump` leaves defaults out, and `kind` is one: put the union's tag back."""
    return {"kind": stimulus.kind, **handler(stimulus)}


Stimulus: TypeAlias = Annotated[
    Said | Tapped | Happened | Elapsed | Returned | Settled | Staffed | Reported,
    Field(discriminator="kind"),
    WrapSerializer(_tagged),
]
