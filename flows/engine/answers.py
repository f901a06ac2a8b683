"""An answer to an open ask: what it sets, where it goes, what it runs."""

from __future__ import annotations

from flows.engine.decisions import decide
from flows.engine.draft import Draft
from flows.engine.states import enter
from flows.model import Answer
from flows.state import Ask, Reading, Slots
from flows.values import replace


def fits(draft: Draft, ask: Ask, reading: Reading) -> bool:
    """Does the ask accept this reading, with everything its state needs to go on?"""
    if reading.intent not in ask.question.accepts:
        return False
    if ask.closed_at is not None or not ask.thread:
        return True
    rule = _rule(draft, ask, reading)
    if rule is None:
        return False
    return _missing(rule, reading) is not None or None not in _values(draft, ask, rule, reading, "").values()


def answer(draft: Draft, ask: Ask, reading: Reading, text: str) -> None:
    """Act on an answer that fits an open ask."""
    thread = draft.threads[ask.thread]
    draft.because(f"answered {reading.intent}: {reading.why}")
    rule = _rule(draft, ask, reading)
    if rule is None:
        raise LookupError(f"{ask.id} does not take {reading.intent!r}; ask `fits` before `answer`")
    missing = _missing(rule, reading)
    if missing is not None:
        enter(draft, thread, missing)
        return
    values = _values(draft, ask, rule, reading, text)
    if values:
        thread = replace(thread, slots={**thread.slots, **values})
    if rule.do:
        draft.moved(thread, thread.state, thread.state)
        decide(draft, thread, rule.do, answers=ask, reading=reading, text=text, go=rule.go or "")
    elif rule.go:
        enter(draft, thread, rule.go)


def _rule(draft: Draft, ask: Ask, reading: Reading) -> Answer | None:
    thread = draft.threads[ask.thread]
    return draft.flow(thread).states[thread.state].expect.get(reading.intent)


def _missing(rule: Answer, reading: Reading) -> str | None:
    """The state that asks for what the reply lacks."""
    if not rule.needs:
        return None
    return next((state for slot, state in rule.needs.items() if reading.slots.get(slot) is None), None)


def _values(draft: Draft, ask: Ask, rule: Answer, reading: Reading, text: str) -> Slots:
    if not rule.set:
        return {}
    reply = {**reading.slots, "intent": reading.intent, "choice": reading.choice, "text": text}
    known = {**draft.threads[ask.thread].slots, "reply": reply}
    return {slot: template(known) for slot, template in rule.set.items()}
