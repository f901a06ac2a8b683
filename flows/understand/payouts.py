"""Choosing by name: the options of the ask, wanted or turned down."""

from __future__ import annotations

import re

from flows.state import Choice
from flows.understand import choices
from flows.understand.acts import Act
from flows.understand.clauses import Clause
from flows.understand.tokens import Found

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
        return act._replace(rule="payouts.denied", denied=True)
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
            named = "".join(token.text for token in before if token.tag in "uN")
            owned = len(before) == 2 and before[0].tag in "uN" and before[1].text == "的"
            return owned or (bool(before) and before[-1].tag in "uN" and _NAME.fullmatch(named) is not None)
    return False


_NAME = re.compile("[\u4e00-\u9fff]{2,4}")  # 张三微信
_MAIL = re.compile(r"[a-z0-9._-]{1,64}@[a-z0-9.-]{1,64}")


def find_mail(text: str) -> list[tuple[int, Found]]:
    """Mail addresses: names of accounts, which hold no words of the person's."""
    matches = _MAIL.finditer(text) if "@" in text else ()
    return [(match.start(), Found("u", match.end(), match[0])) for match in matches]
