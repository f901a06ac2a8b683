"""Text → sentences: cut at punctuation, each with its tokens when an answer may be in it.

A text is read from left to right, the longest known word or value first. What a sentence without any word or value
that could answer says is only a remark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from flows.understand.acts import Remark
from flows.understand.tokens import Find, Found, Token, head, is_latin
from flows.understand.vocabulary import COLOURS, LAST, OWN, SYMBOLS, TAGS, TAIL, Vocabulary, core, spread

Sentence: TypeAlias = "list[Token] | Remark"

_BREAKS = ",.!;:…—–\n()[]【】。、，·|"
_JOINERS = "-~/"
_SAYS = f"?&%{re.escape(_JOINERS)}{chr(COLOURS)}-{chr(LAST)}"
_MATTERS = re.compile(f"[{_SAYS}]")
_CUT = re.compile(f"[{re.escape(_BREAKS)}]")
_SPEAKS = re.compile(f"[{_JOINERS}{chr(OWN)}-{chr(LAST)}]")
_RUN = re.compile("([a-z][a-z]*)[a-z0-9']*")
_UNKNOWN = re.compile(r"[^\W_][^\W_]*")


class Sentences(NamedTuple):
    """said: the sentences that say anything but thanks. unknown: characters that stand for nothing known.

    thanks: whether one says nothing but thanks; only looked for when it is asked.
    """

    said: list[Sentence]
    unknown: int
    thanks: Callable[[], bool]


def sentences(
    text: str, held: frozenset[str], fixed: Sequence[tuple[int, Found]], vocabulary: Vocabulary, today: date
) -> Sentences:
    """The text, which holds these `pieces`, cut up. fixed: what was found before, in order, and is not read again."""
    own: dict[str, Token] = {}
    for start, found in fixed:
        text = text[:start] + _owned(own, found, text[start : found.end]) + text[found.end :]
    finds = {reader.find for reader in vocabulary.readers if not reader.somewhere.isdisjoint(held)}
    marks = _with_words(text, vocabulary)
    if finds:
        marks = _with_values(text, marks, own, finds, vocabulary, today)
    unknown = sum(map(len, _UNKNOWN.findall(marks)))
    if own:
        unknown += sum(len(found.text) for found in own.values() if found.tag == "u")
    said: list[Sentence] = []
    cut = _CUT.split(marks)
    at = 0
    for sentence in cut:
        end = at + len(sentence)
        if _SPEAKS.search(sentence):
            said.append(_tokens(text, marks, own, vocabulary, at, end))
        elif _MATTERS.search(sentence):
            said.append(Remark(core(sentence), (Token("", text[at:end]),)))
        at = end + 1
    return Sentences(said, unknown, lambda: any(map(_thanks, cut)))


def _thanks(sentence: str) -> bool:
    said = core(sentence)
    return said[:1] == "t" and not said.strip("tu")


def _owned(own: dict[str, Token], found: Found, text: str) -> str:
    """The marks of something found in this text, `text`, as long as that."""
    mark = chr(OWN + len(own))
    own[mark] = Token(found.tag, text, found.value)
    return spread(mark, len(text))


def _placed(text: str, marks: str, start: int, put: str, vocabulary: Vocabulary) -> str:
    """`put` from `start` on; a word that is cut through by its end is no longer one."""
    end = start + len(put)
    rest = marks[end:] if marks[end : end + 1] != TAIL else _with_words(text[end:], vocabulary)
    return marks[:start] + put + rest


def _with_words(text: str, vocabulary: Vocabulary) -> str:
    """The known words marked; a Latin one is known only whole, and a run that begins with another is a name."""
    marks = vocabulary.chinese(text)
    pieces: list[str] = []
    done = at = 0
    while run := _RUN.search(text, at):
        start, at = run.span()
        for phrase, mark in vocabulary.phrases.get(run[1], ()):
            end = start + len(phrase)
            if text.startswith(phrase, start) and not (is_latin(phrase[-1]) and is_latin(text[end : end + 1])):
                pieces += (marks[done:start], spread(mark, len(phrase)))
                if marks[end : end + 1] == TAIL:  # it cuts a word in two (ok收到 before 了)
                    return "".join(pieces) + _with_words(text[end:], vocabulary)
                done = at = end
                break
    return "".join(pieces) + marks[done:]


def _with_values(
    text: str, marks: str, own: dict[str, Token], finds: Container[Find], vocabulary: Vocabulary, today: date
) -> str:
    """The values marked: the longest that begins at a place, when it is as long as the word there.

    A numeral that is no value must be longer than the word.
    """
    at = 0
    while candidate := vocabulary.valued.search(marks, at):
        at, behind = candidate.span()
        word = marks[at] in TAGS
        tried = [find for find in vocabulary.by_start.get(head(text, at), ()) if find in finds]
        found = _longest(text, at, tried, today) if tried else None
        if found is not None and (not word or found.end >= behind + (found.tag == "g")):
            marks = _placed(text, marks, at, _owned(own, found, text[at : found.end]), vocabulary)
            at = found.end
        else:
            at = behind
    return marks


def _longest(text: str, at: int, finds: Iterable[Find], today: date) -> Found | None:
    best: Found | None = None
    for find in finds:
        found = find(text, at, today)
        if found is not None and (best is None or found.end > best.end):
            best = found
    return best


def _tokens(text: str, marks: str, own: Mapping[str, Token], vocabulary: Vocabulary, at: int, end: int) -> list[Token]:
    tokens: list[Token] = []
    for piece in vocabulary.pieces.finditer(marks, at, end):
        start, behind = piece.span()
        first = marks[start]
        if tag := TAGS.get(first):
            tokens.append(Token(tag, text[start:behind]))
        elif first in own:
            tokens.append(own[first])
        elif first.isalnum():
            tokens.append(Token("u", piece[0]))
        elif first in _JOINERS:
            tokens.append(Token("r" if _between_values(text, start) else ",", first))
        elif first != " ":
            tokens.append(Token(SYMBOLS.get(first, "f"), first))
    return tokens


def _between_values(text: str, at: int) -> bool:
    return at > 0 and text[at - 1].isalnum() and text[at + 1 : at + 2].isalnum()
