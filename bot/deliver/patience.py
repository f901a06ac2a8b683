"""What becomes of an RCS message that is not reported as delivered: a pure decision with its reason.

Patience ends → it is taken back → its text goes out, if it certainly did not arrive. What a recall says: "revoked" and
"delivered" are certain; "not_found" is not, for RBM's 404 means delivered or unknown (providers-rcs.md 2.1). Then a
receipt is waited for, and in the end the kind decides. "error": it could not be asked. "refused": this carrier takes
nothing back. "" with a time it was asked at: the answer was lost, with whoever asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from bot.messages import Kind, Status
from flows.values import Value

Said: TypeAlias = Literal["", "revoked", "delivered", "not_found", "error", "refused"]


class Patience(Value, frozen=True):
    """of: how long a kind waits to be delivered; a kind that is not in it waits for ever.

    receipt: how long a receipt is waited for where a recall told nothing. again: pause after a recall that failed.
    unclear_as_text: the kinds whose text goes out when no receipt came then either; the others never go twice.
    """

    of: Mapping[Kind, timedelta]
    receipt: timedelta
    again: timedelta
    unclear_as_text: frozenset[Kind]


class Awaited(Value, frozen=True):
    """What is known of one message. Times are aware, UTC.

    sent_at: when its carrier took it. asked_at: when it was first asked back. said: by the last recall, at said_at.
    """

    kind: Kind
    status: Status
    sent_at: datetime
    asked_at: datetime | None = None
    said: Said = ""
    said_at: datetime | None = None


class Wait(Value, frozen=True):
    """Look again then."""

    until: datetime
    why: str


class Recall(Value, frozen=True):
    """Ask the carrier to take it back, now."""

    why: str


class Text(Value, frozen=True):
    """Its text goes out instead. certain: it did not arrive; else nobody knows, and its kind rather comes twice."""

    why: str
    certain: bool


class Leave(Value, frozen=True):
    """Nothing more is done about it."""

    why: str


Step: TypeAlias = Wait | Recall | Text | Leave


def decide(awaited: Awaited, patience: Patience, now: datetime) -> Step:
    """The next step, at `now`."""
    if awaited.status in (Status.DELIVERED, Status.READ):
        return Leave("it arrived")
    if awaited.status is Status.FAILED:
        return Text("the network says that it did not arrive", certain=True)
    if awaited.said == "revoked":
        return Text("taken back before it arrived", certain=True)
    if awaited.said == "delivered":
        return Leave("the carrier says that it arrived")
    if awaited.said == "refused":
        return Leave("this carrier takes nothing back")
    if awaited.asked_at is None:
        return _not_asked(awaited, patience, now)
    if awaited.said_at is None:
        return Recall("asked before, and the answer was lost")
    end = (awaited.said_at if awaited.said == "not_found" else awaited.asked_at) + patience.receipt
    if now >= end:
        return _unclear(awaited.kind, patience)
    if awaited.said == "not_found":
        return Wait(end, "arrived or unknown, the carrier does not say which: a receipt may")
    again = awaited.said_at + patience.again
    return Recall("it could not be asked before") if now >= again else Wait(min(again, end), "it could not be asked")


def _not_asked(awaited: Awaited, patience: Patience, now: datetime) -> Step:
    if awaited.kind not in patience.of:
        return Leave("its kind is waited for however long it takes")
    waited = patience.of[awaited.kind]
    if now < awaited.sent_at + waited:
        return Wait(awaited.sent_at + waited, "it may still arrive")
    return Recall(f"not delivered in {waited.total_seconds():g} s")


def _unclear(kind: Kind, patience: Patience) -> Step:
    if kind in patience.unclear_as_text:
        return Text("nobody knows whether it arrived; rather twice than never", certain=False)
    return Leave("nobody knows whether it arrived; rather never than twice")
