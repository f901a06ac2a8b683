"""Order: returning the goods, said as such."""

from __future__ import annotations

import re

from flows.understand.acts import Act
from flows.understand.clauses import Clause

_NOT_YET = re.compile("[nd][ulp]*B")  # 先别急着退货
_RETURNS = re.compile(r"[ultypxnd]*?(?<![nd])[pM]?B[BtlapyM]*(\??)")


def read(clause: Clause) -> Act | None:
    if "B" not in clause.core or _NOT_YET.search(clause.core):
        return None
    match = _RETURNS.fullmatch(clause.core)
    if match is None and clause.text.isascii():  # return the shoes: English names the goods after the verb
        match = _RETURNS.fullmatch(clause.core.rstrip("u"))
    if match is None or (match[1] and not re.search("[pyM]", clause.core)):
        return None
    return Act("return_item", "parcels.return", "“退货” is named")
