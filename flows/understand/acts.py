"""What one clause says: an act (an answer), or a remark that may or may not stand beside one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from pydantic import JsonValue

from flows.understand.tokens import Token


class Act(NamedTuple):
    """An answer.

    intent: an intent of the README's list, or "yes" / "no" before a subject has said what they mean.
    denied: the person said *not* this (不要微信), so it is no answer but explains one.
    but: said behind a "but".
    mild: a yes that may be no more than "heard" (好的, OK).
    bare: a value without a word that says what to do with it (3天): an answer only where one was asked for.
    """

    intent: str
    rule: str
    why: str
    slots: Mapping[str, JsonValue] = MappingProxyType({})
    denied: bool = False
    mild: bool = False
    but: bool = False
    bare: bool = False


class Remark(NamedTuple):
    """Words that are no answer. `core` are their tags: they decide which answers they may stand beside."""

    core: str
    words: Sequence[Token]

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.words)


Part: TypeAlias = Act | Remark
