"""Offer and reprice: yes, no, a price, or the item back."""

from __future__ import annotations

from flows.understand import prices, yes_no
from flows.understand.acts import Act
from flows.understand.clauses import Clause

MEANS = {"yes": "affirm", "no": "deny"}


def read(clause: Clause) -> Act | None:
    core = clause.core
    if "P" in core:
        return prices.read(clause)
    if "q" in core:
        return prices.take_back(clause)
    said = yes_no.read(clause)
    return said and said._replace(intent=MEANS[said.intent])
