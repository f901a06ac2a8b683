"""A button. It carries its ask, so nothing has to be guessed; it may only be too late."""

from __future__ import annotations

from flows.engine.again import AGAIN, confirmed
from flows.engine.answers import answer, fits
from flows.engine.both import picked_both
from flows.engine.commands import COMMANDS, CONSENT, command
from flows.engine.draft import Draft
from flows.engine.which import BOTH, current, picked, too_late
from flows.engine.words import ask_back
from flows.state import Ask, Reading, Tapped


def tapped(draft: Draft, stimulus: Tapped) -> None:
    """Act on a tap. While a colleague holds the conversation it is listed."""
    draft.hear(stimulus)
    if not draft.held:
        pressed(draft, stimulus)
        return
    ask = draft.asks.get(stimulus.ask)
    reading = _reading(ask, stimulus) if ask else None
    if reading and reading.intent in CONSENT:
        draft.readings.append(reading)
        command(draft, reading)
    else:
        draft.list_for_staff("tapped", stimulus.label or stimulus.choice, stimulus=stimulus)


def pressed(draft: Draft, stimulus: Tapped) -> None:
    """Act on a tap, whoever holds the conversation."""
    ask = draft.asks.get(stimulus.ask)
    reading = _reading(ask, stimulus) if ask else None
    if ask is None or reading is None:
        draft.note("stale tap", "its question is not remembered" if ask is None else "the question has no such choice")
        draft.service("stale", {"title": ask.title if ask else "", "reason": "ended"})
        return
    draft.readings.append(reading)
    draft.unclear = 0
    asked = current(draft, ask)
    if reading.intent in COMMANDS:
        command(draft, reading)
    elif asked.closed_at is not None:
        too_late(draft, asked, [], stimulus.label, card="stale")
    elif asked.state == AGAIN and not asked.thread:
        confirmed(draft, asked, reading)
    elif asked.state == BOTH and not asked.thread:
        picked_both(draft, asked, reading)
    elif not asked.thread:
        picked(draft, asked, reading)
    elif fits(draft, asked, reading):
        answer(draft, asked, reading, stimulus.label)
    else:
        ask_back(draft, asked)


def _reading(ask: Ask | None, stimulus: Tapped) -> Reading | None:
    choice = next((one for one in ask.question.choices if one.id == stimulus.choice), None) if ask else None
    if choice is None:
        return None
    why = f"the button {stimulus.label or choice.id} was tapped"
    return Reading(choice.means, "tap.choice", why, choice.slots, choice=choice.id)
