"""Offer and reprice: yes, no, a price, or the item back."""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import JsonValue

from flows.understand import prices, yes_no
from flows.understand.acts import Act
from flows.understand.clauses import Clause

MEANS = {"yes": "affirm", "no": "deny"}
_REFUSES = re.compile("xP|Px")


def read(clause: Clause, asked: JsonValue) -> Act | None:
    """asked: the price that was asked about, a decimal string; None when there was none."""
    core = clause.core
    if yes_no.even_so(clause):
        return Act("deny", "yes_no.no", f"“{clause.text}” refuses, whatever is paid")
    if "P" in core:
        said = prices.read(clause)
        if said is not None and said.denied and _is(asked, said.slots["price"]) and _REFUSES.search(core):
            return Act("deny", "prices.asked_refused", f"“{clause.text}” refuses the price that was asked about")
        return said
    if "q" in core:
        return prices.take_back(clause)
    said = yes_no.read(clause)
    return said and said._replace(intent=MEANS[said.intent])


def _is(asked: JsonValue, price: JsonValue) -> bool:
    return isinstance(asked, str) and isinstance(price, str) and Decimal(asked) == Decimal(price)
