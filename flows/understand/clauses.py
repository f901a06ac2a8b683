"""Tokens → clauses: cut where one thing said ends.

At punctuation, after a closing particle (吧, 了), before a "but", before a second value. Nobody types commas by voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.understand.tokens import Token


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
        if (token.tag in "?" and token.text == "?") or (following is not None and _closes(token, following, current)):
            close()
    close()
    return done


def _clause(tokens: list[Token]) -> Clause:
    if any(token.tag == "V" or token.text in _PLACED for token in tokens):
        tokens = [_in_place(token, tokens[:index], tokens[index + 1 :]) for index, token in enumerate(tokens)]
    tags = "".join(token.tag for token in tokens)
    return Clause(tuple(tokens), tags.translate(_BACKGROUND), tags)


_PLACED = frozenset("就 便 晚 早 不 没 没有 未".split())
_VALUES = frozenset("PNDL")
_CONDITIONED = frozenset("lunxdyp+eqSGBEFh")


def _in_place(token: Token, before: Sequence[Token], after: Sequence[Token]) -> Token:
    """要 leads to a value only when one follows; 就 after anything but a value makes that the condition (合适就卖)."""
    if token.tag != "V" and token.text not in _PLACED:
        return token
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
