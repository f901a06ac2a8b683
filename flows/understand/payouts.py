"""Choosing by name: the options of the ask, wanted or turned down."""

from __future__ import annotations

import re
from dataclasses import replace

from flows.state import Choice
from flows.understand import choices
from flows.understand.acts import Act
from flows.understand.tokens import Clause

_NAMED = re.compile(r"[ultypaMNP]*E[ultypaNPL]*(\??)")
_DENIED = re.compile(r"[ulta]*(?:[ndj]+[up]{0,3}E|E[xnd]+[uyp]{0,3})")


def read(clause: Clause) -> Act | None:
    choice = clause.value("E")
    if not isinstance(choice, Choice):
        return None
    act = choices.act_of(choice, "payouts.named", f"names “{next(token.text for token in clause.tokens if token.tag == 'E')}”")
    if _DENIED.fullmatch(clause.core):
        return replace(act, rule="payouts.denied", denied=True)
    match = _NAMED.fullmatch(clause.core)
    if match is None or (match[1] and not re.search("[pyM]", clause.core)):
        return None
    return act
