"""An answer and a stop in one breath (接受，但是别再发广告了): ask what is meant, and do exactly what is picked.

Money and consent both say that such words are unclear, so neither is acted on without a pick. The answer is kept for
`kept_answer`; picked later, the stop still counts and the question of the answer is put again. Not picked at all,
nothing was answered and nothing consented or withdrawn: the person was asked, and may opt out in plain words any time.
"""

from __future__ import annotations

from flows.engine.answers import fits
from flows.engine.commands import command
from flows.engine.draft import Draft
from flows.engine.which import BOTH, Fit, ask_which, current, forget, keep, take
from flows.state import Ask, Choice, Question, Reading, Slots
from flows.understand.decide import ANSWER_AND_STOP

CARD = "both"
SHOWN = ("price", "days", "date", "when")
"""Slots that name an answer which is none of the ask's choices."""


def beside_stop(draft: Draft, ask: Ask, reading: Reading) -> Fit | None:
    """The answer that was said together with a stop, when the ask takes it."""
    if reading.rule != ANSWER_AND_STOP or not ask.thread:
        return None
    said = next(one for one in reading.candidates if one.intent != "unsubscribe")
    choice = _choice(ask, said.intent, said.slots)
    found = Reading(said.intent, said.rule, reading.why, said.slots, choice=choice.id if choice else None)
    return (ask, found) if fits(draft, ask, found) else None


def ask_both(draft: Draft, found: list[Fit], text: str) -> None:
    """Both, only the stop, or only the answer? found: the asks the answer could be for, newest first."""
    newest, reading = found[0]
    choice = _choice(newest, reading.intent, reading.slots)
    data: Slots = {
        "title": newest.title if len(found) == 1 else "",
        "label": choice.labels.get(draft.language, "") if choice else "",
        **{name: reading.slots.get(name) for name in SHOWN},
    }
    question = Question("plain", ("choose", "unsubscribe"), draft.library.choices(f"service/{CARD}", data))
    draft.note("an answer and a stop", f"{reading.intent} beside an opt-out", newest.thread)
    draft.service(CARD, data, keep(draft, BOTH, question, found, text))


def picked_both(draft: Draft, both: Ask, reading: Reading) -> None:
    """The answer counts, and the stop where it was picked with it. (The stop alone is a plain opt-out.)"""
    kept = draft.kept if draft.kept and draft.kept.which == both.id else None
    forget(draft)
    if reading.slots.get("stop"):
        stop = Reading("unsubscribe", "both.picked", "picked together with the answer")
        draft.readings.append(stop)
        command(draft, stop)
    asks = [(draft.asks.get(one.ask), one.reading) for one in kept.answers] if kept else []
    open_ones = [(now, read) for ask, read in asks if ask and (now := current(draft, ask)).closed_at is None]
    if kept and len(open_ones) > 1:
        ask_which(draft, open_ones, kept.text)
    else:
        take(draft, kept, kept.answers[0] if kept else None)


def _choice(ask: Ask, intent: str, slots: Slots) -> Choice | None:
    """The ask's choice that says the same."""
    return next((one for one in ask.question.choices if one.means == intent and dict(one.slots) == dict(slots)), None)
