"""Words → tokens → clauses.

A text is read from left to right, the longest known word or value first. Each token carries one letter,
its tag (`words.TAGS` says what each stands for); what nobody knows is tagged "u". The grammar of every
subject is then a few rules over strings of tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Found(NamedTuple):
    """What a reader of values found: its tag, where it ends, what it is worth."""

    tag: str
    end: int
    value: object


class Token(NamedTuple):
    tag: str
    text: str
    value: object = None


Reader: TypeAlias = Callable[[str, int], Found | None]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Known words by their first character, longest first, each with its tag."""

    by_first: Mapping[str, tuple[tuple[str, str], ...]]

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, str]]) -> Vocabulary:
        """tables: tag -> words separated by blanks, "_" for a blank inside; a later table wins, an empty tag removes."""
        tags = {word.replace("_", " "): tag for table in tables for tag, words in table.items() for word in words.split()}
        by_first: dict[str, list[tuple[str, str]]] = {}
        for word in sorted(filter(tags.get, tags), key=len, reverse=True):
            by_first.setdefault(word[0], []).append((word, tags[word]))
        return cls({first: tuple(words) for first, words in by_first.items()})

    def longest(self, text: str, at: int) -> tuple[str, str] | None:
        """The longest known (word, tag) at `at`; a Latin word is known only whole."""
        for word, tag in self.by_first.get(text[at], ()):
            if text.startswith(word, at) and not (_latin(word[-1]) and _latin(text[at + len(word) : at + len(word) + 1])):
                return word, tag
        return None


def _latin(letter: str) -> bool:
    return "a" <= letter <= "z"


BREAK = Token(",", ",")
_BREAKS = frozenset(",.!;:~…—–\n()[]【】。、，·|-/")
_ASKS = frozenset("?")
_SYMBOLS = {"&": "r", "%": "g", "@": "u"}
_JOINERS = frozenset("-~/")


def scan(text: str, vocabulary: Vocabulary, readers: Sequence[tuple[frozenset[str], Reader]]) -> list[Token]:
    """`text` as tokens. Each character is looked at a bounded number of times."""
    tokens: list[Token] = []
    at, size = 0, len(text)
    while at < size:
        first = text[at]
        token = _word_or_value(text, at, vocabulary, readers)
        if token is not None:
            tokens.append(token)
            at += len(token.text)
        elif first == " ":
            at += 1
        elif first in _BREAKS:
            tokens.append(Token("r" if first in _JOINERS and _between_values(text, at) else ",", first))
            at += 1
        elif _latin(first) or first.isdigit():
            end = at + 1
            while end < size and (_latin(text[end]) or text[end].isdigit() or text[end] == "'"):
                end += 1
            tokens.append(Token("u", text[at:end]))
            at = end
        else:
            tokens.append(Token(_symbol(first), first))
            at += 1
    return tokens


def _word_or_value(text: str, at: int, vocabulary: Vocabulary, readers: Sequence[tuple[frozenset[str], Reader]]) -> Token | None:
    """The longest of the known word and the values that begin here; on a tie a value that is one, and the earlier reader's."""
    inside = at > 0 and _latin(text[at]) and _latin(text[at - 1])
    word = None if inside else vocabulary.longest(text, at)
    found: Found | None = None
    for starts, read in readers:
        if text[at] in starts and not inside:
            value = read(text, at)
            if value is not None and (found is None or value.end > found.end):
                found = value
    if found is not None and found.end >= at + (len(word[0]) + (found.tag == "g") if word else 0):
        return Token(found.tag, text[at : found.end], found.value)
    return Token(word[1], word[0]) if word else None


def _symbol(symbol: str) -> str:
    if symbol in _ASKS:
        return "?"
    if symbol in _SYMBOLS:
        return _SYMBOLS[symbol]
    return "u" if symbol.isalnum() else "f"


def _between_values(text: str, at: int) -> bool:
    return at > 0 and (text[at - 1].isalnum()) and text[at + 1 : at + 2].isalnum()


# ---------------------------------------------------------------- clauses


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens between two breaks. `core` is their tags without fillers, people and things."""

    tokens: tuple[Token, ...]
    core: str
    tags: str

    def value(self, tag: str) -> object:
        """The value of the first token with that tag; None when there is none."""
        return next((token.value for token in self.tokens if token.tag == tag), None)

    def values(self, tag: str) -> list[object]:
        return [token.value for token in self.tokens if token.tag == tag]

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)


_BACKGROUND = str.maketrans("", "", "fio")
_ENDS_AN_ACT = frozenset("吧 啊 呀 啦 喇 哈 呗 嘛 咯 喽 嘞 啰 哦 噢 喔 滴 哒 了 的".split())
_CONTENT = frozenset("yxpn+-esqGBEPNLDTOVRZSQHJltadu")
_ONE_EACH = frozenset("PEOF")
_AFTER_LE = frozenset("?PNLDTsgAuv")


def clauses(tokens: Sequence[Token]) -> list[Clause]:
    """Tokens cut where one thing said ends: at punctuation, after a closing particle, before a second value."""
    done: list[Clause] = []
    current: list[Token] = []

    def close() -> None:
        if current:
            done.append(_clause(current))
            current.clear()

    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.tag == ",":
            close()
            continue
        if token.tag == "b":
            close()
        elif _second_value(token, current):
            verbs = _trailing_verbs(current) if token.tag == "P" else []
            close()
            current += verbs
        current.append(token)
        if token.tag in "?" and token.text == "?":
            close()
        elif following is not None and _closes(token, following, current):
            close()
    close()
    return done


def _clause(tokens: list[Token]) -> Clause:
    tokens = [_in_place(token, tokens[:index], tokens[index + 1 :]) for index, token in enumerate(tokens)]
    tags = "".join(token.tag for token in tokens)
    return Clause(tuple(tokens), tags.translate(_BACKGROUND), tags)


_VALUES = frozenset("PNDL")
_CONDITIONED = frozenset("lunxdyp+eqSGBEFh")


def _in_place(token: Token, before: Sequence[Token], after: Sequence[Token]) -> Token:
    """要 leads to a value only when one follows; 就 after anything but a value makes that the condition (合适就卖)."""
    if token.tag == "V" and not any(other.tag in _VALUES for other in after):
        return token._replace(tag="f")
    if token.text in ("就", "便") and any(other.tag in _CONDITIONED for other in before):
        return token._replace(tag="c")
    if token.text in ("晚", "早") and not any(other.tag in "Ls" for other in after):
        return token._replace(tag="f")
    if token.text in ("不", "没", "没有", "未") and not any(other.tag in _CONTENT for other in after):
        asks = any(other.tag in "pMyeqSGBPEDT+" for other in before)
        return token._replace(tag="?") if asks else token
    return token


def _second_value(token: Token, current: Sequence[Token]) -> bool:
    """14900不行16200可以: a second price or option opens a clause of its own, with the verb before it."""
    if token.tag in _ONE_EACH:
        return any(other.tag == token.tag for other in current) and current[-1].tag not in "rvV"
    if token.tag in "vV" and token.text not in ("以上", "以下", "以内", "起", "起步"):
        return any(other.tag == "P" for other in current)
    return False


def _trailing_verbs(current: list[Token]) -> list[Token]:
    """Taken off the end of `current`: the verbs that lead to the value that follows (从16800 降到 15500)."""
    at = len(current)
    while at and current[at - 1].tag in "Vv+f":
        at -= 1
    verbs = current[at:]
    del current[at:]
    return verbs


def _closes(token: Token, following: Token, current: Sequence[Token]) -> bool:
    if token.text in _ENDS_AN_ACT:
        if following.text in _ENDS_AN_ACT or following.tag in "f?" or not any(t.tag in _CONTENT for t in current):
            return False
        if token.text == "的":
            return len(current) > 1 and current[-2].tag in "yp" and following.tag in "idxn+-eqGEPDTy"
        return token.text != "了" or following.tag not in _AFTER_LE
    if token.tag in "yxa" and following.tag == "i":
        return all(other.tag in "fioyxa" for other in current)
    return False
