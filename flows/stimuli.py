"""Anything that can move a conversation. `at` is when the store took it in; that order is the order."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from flows.asks import Slots
from flows.values import Value


class _Stimulus(Value, frozen=True, tag_field="kind", tag=str.lower):
    """id: the mail's. at: when the store took it in."""

    id: str
    at: datetime

    @property
    def kind(self) -> str:
        """The name of its class in small letters, as its JSON says it."""
        return type(self).__name__.lower()


class Said(_Stimulus, frozen=True):
    """The person's words. `id` is the mail's id: the same words sent twice are two ids.

    hint: an intent that a second opinion finds in words the grammar could not read ("" = none).
    again: the same words came shortly before, another question was shown since, and nothing but the words could tell a
        repeat of the carrier's.
    """

    text: str
    hint: str = ""
    again: bool = False


class Tapped(_Stimulus, frozen=True):
    """A button. `ask` and `choice` are what the postback carried; label is what the phone showed."""

    ask: str
    choice: str
    label: str = ""


class Happened(_Stimulus, frozen=True):
    """A business event of the platform, its `to` already taken out.

    revision: the event's own `revision`, or its CloudEvent `time` in epoch milliseconds.
    """

    type: str
    data: Slots
    revision: int


class Elapsed(_Stimulus, frozen=True):
    """A timer came due. `timer` is the id given in `SetTimer`; it names the ask or call it guards."""

    timer: str


class Returned(_Stimulus, frozen=True):
    """The answer of a `Do`.

    error: "" when it succeeded; otherwise what failed, in words for staff.
    retry: true when the same call may be tried again (the platform was slow or down).
    events: rasa-sdk events as they came, in order. responses: rasa-sdk responses likewise.
    """

    call_id: str
    attempt: int
    events: tuple[Slots, ...] = ()
    responses: tuple[Slots, ...] = ()
    error: str = ""
    retry: bool = False


class Settled(_Stimulus, frozen=True):
    """An outbound that carried an ask will not reach the person: dropped, failed or expired unsent.

    say: id of its `Say` where it is known, so that a lost reminder does not close an ask that was seen.
    """

    ask: str
    outcome: Literal["dropped", "failed", "expired"]
    reason: str
    say: str = ""


class Staffed(_Stimulus, frozen=True):
    """A support colleague acted: take, hand_back, say, apply (an item that was listed while held)."""

    by: str
    act: Literal["take", "hand_back", "say", "apply"]
    text: str = ""
    item: str = ""


class Reported(_Stimulus, frozen=True):
    """A carrier says that the person opted out or in with the carrier itself, or stands on its blacklist.

    by: the account. topic: what that covers, "*" = all that a TD does. code: the carrier's own word for it.
    """

    by: str
    what: Literal["unsubscribed", "subscribed"]
    topic: str = "*"
    code: str = ""


Stimulus: TypeAlias = Said | Tapped | Happened | Elapsed | Returned | Settled | Staffed | Reported
