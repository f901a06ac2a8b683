"""May a message go out, and when: a pure decision with its reason.

Each rule looks at one thing and says Hold, Drop or nothing; the first that speaks decides. Quiet hours and
caps are further rules. The attempt itself is fenced by the contact's epoch (`lua/attempt`), so a stop
or a hold that is committed after this decision still wins.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

from bot.messages import Kind
from flows.values import Value

EVERYTHING: Final = "*"
"""The topic a plain TD stops: all but what `_passes_stop` names."""

ANYONE: Final = "*"
"""`Person.held_by` while the person waits for any colleague to come: until then the bot goes on."""


class Message(Value, frozen=True):
    """What the decision needs to know of one outbound.

    essential: a contract notice of a deal under way. to_opted_out: the one legal confirmation of a stop.
    through_hold: a colleague's own words. reply: it answers the person's own words.
    expires_at: UTC; nothing is sent at or after it. ask: "" = it asks nothing.
    """

    kind: Kind
    topic: str
    essential: bool = False
    to_opted_out: bool = False
    through_hold: bool = False
    reply: bool = False
    expires_at: datetime | None = None
    ask: str = ""


class Person(Value, frozen=True):
    """stops: topics switched off. held_by: the colleague who holds the conversation, "" or "*" = none. zone: IANA."""

    stops: frozenset[str] = frozenset()
    held_by: str = ""
    zone: str = "Asia/Shanghai"


class Send(Value, frozen=True):
    """Go. why: the exception that let it pass a stop or a hold, "" when nothing stood against it."""

    why: str = ""


class Hold(Value, frozen=True):
    """Not now. until: when to decide again (UTC), None = when what holds it ends."""

    until: datetime | None
    why: str


class Drop(Value, frozen=True):
    """Never. why: a stable word for journal and metrics."""

    why: str


Verdict: TypeAlias = Send | Hold | Drop
Rule: TypeAlias = Callable[[Message, Person, datetime], Hold | Drop | None]


def decide(message: Message, person: Person, now: datetime) -> Verdict:
    """The verdict of the first rule that objects, else Send. now: aware, UTC."""
    for rule in RULES:
        if objection := rule(message, person, now):
            return objection
    return Send(_exception(message, person))


def _expired(message: Message, _person: Person, now: datetime) -> Drop | None:
    if message.expires_at is not None and now >= message.expires_at:
        return Drop("expired")
    return None


def _opted_out(message: Message, person: Person, _now: datetime) -> Drop | None:
    if _stopped(message, person) and not _passes_stop(message):
        return Drop("opted_out")
    return None


def _held_by_staff(message: Message, person: Person, _now: datetime) -> Hold | None:
    if _held(person) and not _passes_hold(message):
        return Hold(None, "held_by_staff")
    return None


RULES: Final[tuple[Rule, ...]] = (_expired, _opted_out, _held_by_staff)


def _stopped(message: Message, person: Person) -> bool:
    return EVERYTHING in person.stops or message.topic in person.stops


def _held(person: Person) -> bool:
    return person.held_by not in ("", ANYONE)


def _passes_stop(message: Message) -> str:
    """Why a stop does not cover this message ("" = it does): the scope of TD in its default form."""
    if message.to_opted_out:
        return "legal confirmation"
    if message.kind is Kind.VERIFICATION:
        return "verification"
    if message.essential:
        return "notice of a deal under way"
    if message.reply and message.kind is Kind.CONVERSATION:
        return "reply to the person's own words"
    return ""


def _passes_hold(message: Message) -> str:
    """Why a hold does not silence this message ("" = it does)."""
    if message.to_opted_out:
        return "legal confirmation"
    if message.kind is Kind.VERIFICATION:
        return "verification"
    if message.through_hold:
        return "written by staff"
    return ""


def _exception(message: Message, person: Person) -> str:
    if _stopped(message, person):
        return f"opted out, but {_passes_stop(message)}"
    if _held(person):
        return f"held, but {_passes_hold(message)}"
    return ""
