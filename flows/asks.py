"""What was asked, and what an answer was understood to mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from flows.values import JsonValue, Value, field

Slots: TypeAlias = Mapping[str, JsonValue]
"""Named values: what a flow knows, what a reply said, what an action returned."""

Kind = Literal["verification", "conversation", "transactional", "marketing"]


class Choice(Value, frozen=True):
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


class Question(Value, frozen=True):
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


class Ask(Value, frozen=True):
    """A question put to the person, bound to the revision of its thread that it shows.

    id: "<thread id>.<number>", safe in a URL, a Redis field and a postback.
    title: the one line that names it when several are open ("腕表（编号#3287）¥15,200").
    shown_at: when its first send attempt was recorded; None = not shown, cannot be answered in words.
    delivered_at: when the carrier said the phone has it; None without receipts.
    awaited: its delivery will be reported, or its text goes instead: until then nobody is taken to have seen it.
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
    awaited: bool = False
    closed_at: datetime | None = None
    closed_by: str = ""
    said: str = ""

    @property
    def open(self) -> bool:
        return self.closed_at is None


class Candidate(Value, frozen=True):
    """A reading that was possible and turned down, with the reason staff are shown."""

    intent: str
    slots: Slots
    rule: str
    turned_down: str


class Reading(Value, frozen=True):
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
