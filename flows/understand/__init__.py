"""Words → Reading: what a person's reply means against the question that was asked.

The layers, in this order: `normalise` (what was written) → `spelling` (what was meant by it) → `commands` (what may be
said at any time) → `choices` (a number, a place, a label) → values (`amounts`, `durations`, `dates`) and the
grammar of the subject → `yes_no` → unclear. Pure; never raises; a doubt about money is always "unclear".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flows.state import Question, Reading
from flows.understand import choices, commands
from flows.understand.answers import part_of
from flows.understand.clauses import clauses
from flows.understand.decide import decide
from flows.understand.normalise import normalise
from flows.understand.spelling import correct
from flows.understand.tokens import Found, Token, scan
from flows.understand.words import PLAIN, VOCABULARIES

_BY_NAME = ("payout", "plain")


def understand(text: str, question: Question, now: datetime) -> Reading:
    """What `text` answers to `question`.

    now: aware, in the contact's own zone; relative days count from it. Slots: price (decimal string of yuan),
    days (int or None), date (YYYY-MM-DD), option, score (int), when (YYYY-MM-DDTHH:MM, YYYY-MM-DD or None).
    """
    words = normalise(text)
    if words.refused:
        return Reading("unclear", "normalise.refused", f"the text {words.refused}")
    said = correct(words.text)
    if choice := choices.labelled(said, question):
        return decide([choices.act_of(choice, "choices.label", f"“{said}” is what the choice is called")], question, 0)
    tokens = _tokens(said, question, now)
    unknown = sum(len(token.text) for token in tokens if token.tag == "u")
    cut = clauses(choices.apart(tokens, question))
    parts = [part_of(clause, question, now, unknown) for clause in cut if clause.core]
    return decide(parts, question, unknown)


def _tokens(text: str, question: Question, now: datetime) -> list[Token]:
    """The text as tokens; commands and named options are cut out first, the rest is read between them."""
    fixed = commands.find(text)
    if question.subject in _BY_NAME:
        fixed = [span for span in fixed if not text.startswith("打给", span[0])]  # here it is money that is sent to me
        named = choices.find_named(text, question.choices)
        fixed = sorted([*fixed, *(span for span in named if not _overlaps(span, fixed))], key=lambda span: span[0])
    vocabulary = VOCABULARIES.get(question.subject, PLAIN)
    tokens: list[Token] = []
    at = 0
    for start, found in [*fixed, (len(text), Found("", len(text), None))]:
        if start > at:
            tokens += scan(text[at:start], vocabulary, now.date())
        if found.tag:
            tokens.append(Token(found.tag, text[start : found.end], found.value))
        at = found.end
    return tokens


def _overlaps(span: tuple[int, Found], others: Sequence[tuple[int, Found]]) -> bool:
    return any(start < span[1].end and span[0] < found.end for start, found in others)
