"""Words → Reading: what a person's reply means against the question that was asked.

The layers, in this order: `normalise` (what was written) → `spelling` (what was meant by it) → `commands` (what may be
said at any time) → `choices` (a number, a place, a label) → values (`amounts`, `durations`, `dates`) and the
grammar of the subject → `yes_no` → unclear. Pure; never raises; a doubt about money is always "unclear".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Concatenate, ParamSpec, TypeVar, cast

from flows.state import Question, Reading
from flows.understand import choices, commands, payouts
from flows.understand.acts import Part, Remark
from flows.understand.answers import THANKS, aside, part_of
from flows.understand.clauses import clauses
from flows.understand.decide import decide
from flows.understand.normalise import Words, normalise
from flows.understand.sentences import Sentences, sentences
from flows.understand.spelling import correct
from flows.understand.tokens import MOST_UNKNOWN, Found, pieces
from flows.understand.words import vocabulary

_BY_NAME = ("payout", "plain")
_REMEMBERED = 500
"""Texts; each takes 2 kB."""
_SHORT = 16
"""Characters of the longest text that is remembered: most people say one of a few things."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


def _remembered(read: Callable[Concatenate[str, _P], _T]) -> Callable[Concatenate[str, _P], _T]:
    """The same, but a short text is read once: people say Y, 好的 and 1, and each is held against several questions."""
    kept = cast("Callable[Concatenate[str, _P], _T]", functools.lru_cache(maxsize=_REMEMBERED)(read))

    def look_up(text: str, /, *args: _P.args, **named: _P.kwargs) -> _T:
        return (kept if len(text) <= _SHORT else read)(text, *args, **named)

    return look_up


def understand(text: str, question: Question, now: datetime) -> Reading:
    """What `text` answers to `question`.

    now: aware, in the contact's own zone; relative days count from it. Slots: price (decimal string of yuan),
    days (int or None), date (YYYY-MM-DD), option, score (int), when (YYYY-MM-DDTHH:MM, YYYY-MM-DD or None).
    """
    words, said = _written(text)
    if words.refused:
        return Reading("unclear", "normalise.refused", f"the text {words.refused}")
    if choice := choices.labelled(said, question):
        return decide([choices.act_of(choice, "choices.label", f"“{said}” is what the choice is called")], question, 0)
    cut_up = _sentences(said, question, now)
    unknown = cut_up.unknown
    if unknown > MOST_UNKNOWN and not any(commands.in_sentence(sentence) for sentence in cut_up.said):
        return Reading("unclear", "unclear.spoilt", f"{unknown} characters beside it were not understood")
    parts: list[Part] = []
    for sentence in cut_up.said:
        if isinstance(sentence, Remark):
            if told := aside(sentence):
                parts.append(told)
        else:
            cut = clauses(choices.apart(sentence, question))
            parts += [part_of(clause, question, now, unknown) for clause in cut if clause.core]
    if all(isinstance(part, Remark) or part.denied for part in parts) and cut_up.thanks():
        parts.append(THANKS)
    return decide(parts, question, unknown)


@_remembered
def _written(text: str) -> tuple[Words, str]:
    """The person's own words, and what was meant by them."""
    words = normalise(text)
    return words, correct(words.text)


def _sentences(text: str, question: Question, now: datetime) -> Sentences:
    """The text in sentences; commands and named options are found first, the rest is read between them."""
    if question.subject not in _BY_NAME:
        return _unnamed(text, question.subject, now.date())
    held = pieces(text)
    fixed = commands.find(text, held)
    fixed = [span for span in fixed if not text.startswith("打给", span[0])]  # here it is money that is sent to me
    named = payouts.find_mail(text) + choices.find_named(text, question.choices)
    fixed = sorted([*fixed, *(span for span in named if not _overlaps(span, fixed))], key=lambda span: span[0])
    return sentences(text, held, fixed, vocabulary(question.subject), now.date())


@_remembered
def _unnamed(text: str, subject: str, today: date) -> Sentences:
    """The text in sentences where no option has a name of its own."""
    held = pieces(text)
    return sentences(text, held, commands.find(text, held), vocabulary(subject), today)


def _overlaps(span: tuple[int, Found], others: Sequence[tuple[int, Found]]) -> bool:
    return any(start < span[1].end and span[0] < found.end for start, found in others)
