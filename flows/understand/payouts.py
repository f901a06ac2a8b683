"""Choosing by name: the options of the ask, wanted or turned down."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from flows.state import Choice
from flows.understand import choices
from flows.understand.acts import Act
from flows.understand.clauses import Clause
from flows.understand.tokens import Found, Reader

_NAMED = re.compile(r"[ultypaMNP]*E[ultypaNPLM]*(\??)")
_DENIED = re.compile(r"[ulta]*(?:[ndj0]+[up]{0,3}E+|E+[xnd0]+[uyp]{0,3})")


def read(clause: Clause) -> Act | None:
    named = clause.values("E")
    choice = named[0] if named else None
    if not isinstance(choice, Choice):
        return None
    core = clause.core
    if all(other is choice for other in named):  # 招商银行卡 names the card twice
        core = re.sub("E+", "E", core)
    act = choices.act_of(
        choice, "payouts.named", f"names “{next(token.text for token in clause.tokens if token.tag == 'E')}”"
    )
    if _DENIED.fullmatch(core):
        return replace(act, rule="payouts.denied", denied=True)
    if _someone_elses(clause):
        return None
    match = _NAMED.fullmatch(core)
    if match is None or (match[1] and not re.search("[pyM]", core)):
        return None
    return act


def _someone_elses(clause: Clause) -> bool:
    """张三的微信: an unknown name owns the option."""
    for index, token in enumerate(clause.tokens):
        if token.tag == "E":
            before = clause.tokens[max(0, index - 2) : index]
            return len(before) == 2 and before[0].tag in "uN" and before[1].text == "的"
    return False


_MAIL = re.compile(r"[a-z0-9._-]{1,64}@[a-z0-9.-]{1,64}")
_MAIL_STARTS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def _mail_address(text: str, at: int, _: date) -> Found | None:
    """An account's name, which holds no words of the person's."""
    match = _MAIL.match(text, at)
    return None if match is None else Found("u", match.end(), match[0])


MAIL = Reader(_MAIL_STARTS, _mail_address)
