"""Loops are guarded: a phone that answers by itself must not keep the bot talking."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flows.engine.draft import Draft, token
from flows.state import Consent, Do, Guard, Said, Say

HOUR = timedelta(hours=1)


def too_many(draft: Draft) -> bool:
    """Count the person's words this hour; have they become more than a person writes?"""
    was = draft.guard or Guard(draft.now)
    fresh = draft.now - was.hour >= HOUR
    turns = 1 if fresh else was.turns + 1
    draft.guard = Guard(draft.now if fresh else was.hour, turns, was.exchange, was.repeats)
    if turns <= draft.limits.turns_per_hour:
        return False
    draft.note("too many words", f"more than {draft.limits.turns_per_hour} in an hour; left to staff")
    if turns == draft.limits.turns_per_hour + 1:
        draft.hand_over("too many messages in an hour; perhaps a phone that answers by itself")
    return True


def _asked(say: Say) -> Iterator[object]:
    """What makes one answer another: its card and the question it puts."""
    yield say.card
    if say.ask is not None:
        question = say.ask.question
        yield from (question.subject, *question.accepts, *sorted(question.facts.items()))
        yield from (choice.id for choice in question.choices)


def silence_echo(draft: Draft, stimulus: Said) -> None:
    """The same words getting the same answer again and again, while nothing moves: stop answering."""
    guard = draft.guard or Guard(draft.now)
    says = [effect for effect in draft.effects if isinstance(effect, Say)]
    if draft.thread or not says or any(isinstance(effect, Do | Consent) for effect in draft.effects):
        draft.guard = Guard(guard.hour, guard.turns) if guard.exchange else guard
        return
    exchange = token(stimulus.text, *(part for say in says for part in _asked(say)))
    repeats = guard.repeats + 1 if exchange == guard.exchange else 1
    draft.guard = Guard(guard.hour, guard.turns, exchange, repeats)
    if repeats > draft.limits.identical_exchanges:
        draft.effects = [effect for effect in draft.effects if not isinstance(effect, Say)]
        draft.note("not said", f"the same words got the same answer {repeats - 1} times")
