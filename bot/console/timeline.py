"""Journal entries → the steps a person reads. Pure.

A step is one stimulus with what it was taken for and what it moved, or one outbound with everything that became of
it, or one line (a consent, an outcome, a signal). An entry either begins a step or goes to the one it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

from bot.console.previews import Preview, preview
from bot.deliver.verdicts import NO_RECEIPTS
from bot.record.answers import TimelineEntry
from bot.record.journal import (
    AttemptEntry,
    Entry,
    OutcomeEntry,
    OutEntry,
    RecallEntry,
    ReceiptEntry,
    StatusEntry,
    TurnEntry,
)

_Piece: TypeAlias = AttemptEntry | StatusEntry | ReceiptEntry | RecallEntry

LAST: Final = ("read", "delivered")
"""What a later "sent" or "queued" does not take back, the last first."""


@dataclass(slots=True)
class Step:
    """One thing on the timeline. id: stable, for the page. at: when it began, UTC. kind: which template part."""

    id: str
    at: datetime
    kind: Literal["turn", "out", "outcome", "line"]


@dataclass(slots=True)
class TurnStep(Step):
    turn: TurnEntry


@dataclass(slots=True)
class Event:
    """Something that became of an outbound: an attempt, a status of ours, a receipt, a step of taking it back."""

    at: datetime
    entry: _Piece


@dataclass(slots=True)
class OutStep(Step):
    """out: None when it was queued before the part of the journal that was read."""

    out: OutEntry | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def attempts(self) -> list[AttemptEntry]:
        return [event.entry for event in self.events if event.entry["t"] == "attempt"]

    @property
    def text(self) -> str:
        """The words as sent last, or the text form of the card; "" before the first attempt."""
        return self.attempts[-1]["text"] if self.attempts else ""

    @property
    def preview(self) -> Preview | None:
        """How the card looked; None when it went as text, or not yet."""
        rich = self.attempts[-1].get("rich") if self.attempts else None
        return preview(rich) if rich else None

    @property
    def status(self) -> str:
        """Where it is now."""
        now = "queued"
        for event in self.events:
            said = _status(event.entry)
            if said and not (now in LAST and said not in LAST[: LAST.index(now)]):
                now = said
        return now

    @property
    def why(self) -> str:
        """The reason of its last status, where one was given."""
        said = [entry["why"] for event in self.events if (entry := event.entry)["t"] in ("status", "recall")]
        return said[-1] if said else ""

    @property
    def unreported(self) -> bool:
        """Accepted by an account that never says more."""
        return self.status == "sent" and self.why == NO_RECEIPTS

    @property
    def instead(self) -> str:
        """The text that went out for it; "" = none."""
        texts = [entry.get("instead", "") for event in self.events if (entry := event.entry)["t"] == "recall"]
        return next(filter(None, texts), "")


@dataclass(slots=True)
class OutcomeStep(Step):
    """states: emitted, then posted or dead."""

    outcome: OutcomeEntry
    states: list[tuple[datetime, OutcomeEntry]] = field(default_factory=list)


@dataclass(slots=True)
class LineStep(Step):
    entry: Entry


AnyStep = TurnStep | OutStep | OutcomeStep | LineStep


class Timeline:
    """The steps of one person, in the order they began."""

    def __init__(self, entries: Iterable[TimelineEntry] = ()) -> None:
        self._steps: dict[str, AnyStep] = {}
        self.position = 0
        self.add(entries)

    @property
    def steps(self) -> Sequence[AnyStep]:
        return tuple(self._steps.values())

    def add(self, entries: Iterable[TimelineEntry]) -> list[AnyStep]:
        """Take more of the journal; the steps that are new or not as they were, in order."""
        touched: dict[str, AnyStep] = {}
        for one in entries:
            self.position = max(self.position, one.position)
            step = self._place(one)
            touched[step.id] = step
        return list(touched.values())

    def _place(self, one: TimelineEntry) -> AnyStep:
        entry = one.entry
        match entry["t"]:
            case "turn":
                return self._keep(TurnStep(f"turn-{entry['id']}", one.at, "turn", entry))
            case "out":
                return self._keep(OutStep(f"out-{entry['id']}", one.at, "out", entry))
            case "attempt" | "status" | "receipt" | "recall":
                sent = self._steps.get(f"out-{entry['id']}") or self._keep(OutStep(f"out-{entry['id']}", one.at, "out"))
                assert isinstance(sent, OutStep)
                sent.events.append(Event(one.at, entry))
                return sent
            case "outcome":
                key = f"outcome-{entry['id']}"
                told = self._steps.get(key) or self._keep(OutcomeStep(key, one.at, "outcome", entry))
                assert isinstance(told, OutcomeStep)
                told.states.append((one.at, entry))
                return told
        return self._keep(LineStep(f"line-{one.position}-{one.index}", one.at, "line", entry))

    def _keep(self, step: AnyStep) -> AnyStep:
        self._steps[step.id] = step
        return step


def _status(entry: _Piece) -> str:
    """What an event says of where the outbound is; "" when nothing."""
    if entry["t"] == "recall":
        return "revoked" if entry["outcome"] == "revoked" else ""
    if entry["t"] == "attempt":
        return "attempted"
    if entry["t"] == "receipt":
        return entry["status"] if entry["applied"] else ""
    return entry["status"]
