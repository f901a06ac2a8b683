"""Transcripts: readable conversations that are tests. `bot chat --save` writes them, tests/flows plays them.

    about: She accepts; the deal is made once.
    flows: [consignment/offer]
    turns:
      - event: offer.made            # what happens: one of event, said, tapped, returned, passes, lost, reported, staff
        data: {offer_id: O-17, …}    # with event; `revision` counts up by itself unless given
        say: [consignment/offer]     # what it causes: say, do, emit, consent, hand_over, listed, state
        state: consignment/offer/asked
      - said: Y
        do: [accept_offer]
      - returned: {deal: made}       # the slots the pending action sets; or {error: …}, {error: …, retry: true}
      - tapped: affirm               # a choice of the newest ask; {ask: 1, choice: affirm} names an older one (from 1)
      - passes: 20h                  # timers that come due meanwhile elapse, in order
      - lost: failed                 # the newest ask was not delivered: dropped, failed or expired
      - reported: unsubscribed       # the carrier says so of itself; or subscribed
      - staff: take                  # take, hand_back, {say: text}, {apply: n} (the n-th listed item, from 1)

A turn happens ten seconds after the one before. What is said is shown at once, unless the turn says `unseen: true`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import yaml
from pydantic import TypeAdapter

from flows.engine import step
from flows.engine.draft import LISTED
from flows.expressions import Duration
from flows.library import Library
from flows.state import (
    Ask,
    ClearTimer,
    Consent,
    Conversation,
    Do,
    Elapsed,
    Emit,
    HandOver,
    Happened,
    Note,
    Reported,
    Returned,
    Said,
    Say,
    SetTimer,
    Settled,
    Staffed,
    Stimulus,
    Tapped,
    Turn,
    dump,
    load,
    with_shown,
)

START = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
PAUSE = timedelta(seconds=10)
"""Between two turns; longer than a changed question needs to settle."""
EXPECTED = ("say", "do", "emit", "consent", "hand_over", "listed", "state")
"""The keys of a turn that say what it causes; the others say what happens."""
_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)


def caused(*turns: Turn) -> dict[str, Any]:
    """What turns caused, in the words of a transcript: only what there is."""
    effects = [effect for turn in turns for effect in turn.effects]
    found: dict[str, Any] = {
        "say": [effect.card for effect in effects if isinstance(effect, Say)],
        "do": [effect.action for effect in effects if isinstance(effect, Do)],
        "emit": [effect.type for effect in effects if isinstance(effect, Emit)],
        "consent": [f"{'+' if one.granted else '-'}{one.topic}" for one in effects if isinstance(one, Consent)],
        "hand_over": any(isinstance(effect, HandOver) and not effect.by and not effect.back for effect in effects),
        "listed": any(isinstance(effect, Note) and effect.reason == LISTED for effect in effects),
        "state": next((turn.after for turn in reversed(turns) if turn.after), ""),
    }
    return {key: value for key, value in found.items() if value}


def write(about: str, flows: Sequence[str], turns: Sequence[Mapping[str, Any]]) -> str:
    """A transcript as the text of its file."""
    document = {"about": about, "flows": list(flows), "turns": [dict(turn) for turn in turns]}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)


class Player:
    """Plays turns on a fresh conversation, which is written out and read back between any two steps.

    Attributes: conversation, now, timers (id -> when), calls (id -> attempt), asks and says in order.
    """

    def __init__(self, library: Library, *, language: str = "zh", zone: str = "Asia/Shanghai") -> None:
        self.library = library
        self.conversation = Conversation("c" * 16, language=language, zone=zone)
        self.now = START
        self.timers: dict[str, datetime] = {}
        self.says: list[Say] = []
        self.calls: dict[str, int] = {}
        self.asks: list[Ask] = []
        self.shown: dict[str, tuple[datetime, datetime | None]] = {}
        self._revision = self._count = 0

    def play(self, turn: Mapping[str, Any]) -> dict[str, Any]:
        """Let one turn of a transcript happen. Returns what it caused."""
        self.now += PAUSE
        if "passes" in turn:
            return caused(*self._pass(_DURATION.validate_python(turn["passes"])))
        return caused(self.take(self._stimulus(turn), unseen=bool(turn.get("unseen"))))

    def take(self, stimulus: Stimulus, *, unseen: bool = False) -> Turn:
        """One step, as the worker does it: put in what was shown, step, keep timers and calls."""
        before = with_shown(load(dump(self.conversation)), self.shown)
        turn = step(self.library, before, stimulus, self.now)
        self.conversation = turn.conversation
        for effect in turn.effects:
            match effect:
                case SetTimer():
                    self.timers[effect.id] = effect.at
                case ClearTimer():
                    self.timers.pop(effect.id, None)
                case Do():
                    self.calls[effect.call_id] = effect.attempt
                case Say():
                    self._say(effect, unseen=unseen)
        return turn

    def _say(self, say: Say, *, unseen: bool) -> None:
        self.says.append(say)
        if say.ask and say.ask.id not in {known.id for known in self.asks}:
            self.asks.append(say.ask)
        if say.ask and not unseen:
            self.shown.setdefault(say.ask.id, (self.now, self.now + timedelta(seconds=1)))

    def _pass(self, duration: timedelta) -> list[Turn]:
        until = self.now + duration
        turns = []
        while due := min(((at, timer) for timer, at in self.timers.items() if at <= until), default=None):
            self.now = max(self.now, due[0])
            del self.timers[due[1]]
            turns.append(self.take(Elapsed(self._id(), self.now, due[1])))
        self.now = until
        return turns

    def _id(self) -> str:
        self._count += 1
        return f"s{self._count}"

    def _stimulus(self, turn: Mapping[str, Any]) -> Stimulus:
        match turn:
            case {"event": str(kind)}:
                self._revision = int(turn.get("revision", self._revision + 1))
                return Happened(self._id(), self.now, kind, turn.get("data", {}), self._revision)
            case {"said": text}:
                return Said(self._id(), self.now, str(text))
            case {"tapped": {"ask": int(number), "choice": choice}}:
                return Tapped(self._id(), self.now, self.asks[number - 1].id, str(choice))
            case {"tapped": choice}:
                return Tapped(self._id(), self.now, self.asks[-1].id, str(choice))
            case {"returned": answer}:
                return self._returned(answer or {})
            case {"lost": str(outcome)}:
                return Settled(self._id(), self.now, self.asks[-1].id, outcome, "as told")  # type: ignore[arg-type]
            case {"reported": str(what)}:
                return Reported(self._id(), self.now, "sms", what)  # type: ignore[arg-type]
            case {"staff": act}:
                return self._staffed(act)
        raise ValueError(f"a turn needs one of event, said, tapped, returned, passes, lost, reported, staff: {turn}")

    def _returned(self, answer: Mapping[str, Any]) -> Returned:
        call_id, attempt = list(self.calls.items())[-1]
        if "error" in answer:
            failed = str(answer["error"])
            return Returned(self._id(), self.now, call_id, attempt, error=failed, retry=bool(answer.get("retry")))
        slots = tuple({"event": "slot", "name": name, "value": value} for name, value in answer.items())
        return Returned(self._id(), self.now, call_id, attempt, slots)

    def _staffed(self, act: Any) -> Staffed:
        match act:
            case {"say": text}:
                return Staffed(self._id(), self.now, "anna", "say", text=str(text))
            case {"apply": int(number)}:
                item = self.conversation.listed[number - 1].id
                return Staffed(self._id(), self.now, "anna", "apply", item=item)
        return Staffed(self._id(), self.now, "anna", act)
