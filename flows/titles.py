"""The one line that names a question when several are open: 腕表（编号#3287）¥15,200. Never the item's name."""

from __future__ import annotations

from decimal import Decimal

from flows.model import Flow
from flows.state import Slots


def title_of(flow: Flow, slots: Slots, language: str) -> str:
    """A thread's title in the contact's language; "" when the flow knows nothing that would name it."""
    if flow.title is not None:
        return str(flow.title({**slots, "language": language}) or "")
    parts = [_item(slots[name], language) for name, kind in flow.data.items() if _is(kind, "item") and slots.get(name)]
    parts += [_yuan(slots[name]) for name, kind in flow.data.items() if _is(kind, "money") and slots.get(name)][:1]
    return " ".join(part for part in parts if part)


def _is(kind: str, base: str) -> bool:
    return kind.removesuffix("?") == base


def _item(item: object, language: str) -> str:
    if not isinstance(item, dict):
        return ""
    category, code = item.get("category", ""), item.get("code", "")
    return f"{category}（编号#{code}）" if language.startswith("zh") else f"{category} (#{code})"


def _yuan(amount: object) -> str:
    return f"¥{Decimal(str(amount)):,}"
