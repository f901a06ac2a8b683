"""How right the readings of a labelled file are, and how many of the wrong ones would have acted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from flows.state import Reading
from flows.understand.contexts import read

Flat: TypeAlias = dict[str, Any]
"""A reading or a label as one JSON object: intent and its slots side by side."""

MONEY = frozenset(
    {"affirm", "deny", "counter_offer", "choose", "extend", "extend_until", "withdraw_item", "return_item"}
)
"""Intents that move money, change a price, or bind or stop a sale."""


@dataclass(frozen=True, slots=True)
class Labelled:
    id: str
    context: str
    text: str
    expect: Flat


@dataclass(frozen=True, slots=True)
class Report:
    text: str
    unsafe: int
    wrong: int


def labelled(lines: Iterable[str]) -> list[Labelled]:
    """The lines that are labelled: {"id", "context", "text", "expect": {"intent", …}}; others are passed over."""
    rows = (json.loads(line) for line in lines if line.strip())
    return [Labelled(row["id"], row["context"], row["text"], row["expect"]) for row in rows if "expect" in row]


def flat(reading: Reading) -> Flat:
    """A reading as written out: prices are numbers, slots lie beside the intent."""
    candidates = [
        {"intent": other.intent, **_numbers(other.slots), "turned_down": other.turned_down}
        for other in reading.candidates
    ]
    return {
        "intent": reading.intent,
        **_numbers(reading.slots),
        "why": f"{reading.why} [{reading.rule}]",
        "candidates": candidates,
    }


def _numbers(slots: Any) -> Flat:
    return {name: _number(value) if name == "price" else value for name, value in slots.items()}


def _number(price: str) -> int | float:
    value = Decimal(price)
    return int(value) if value == value.to_integral_value() else float(value)


def right(expect: Flat, reading: Reading) -> bool:
    """True when intent and every labelled slot agree, prices by value."""
    given = {"intent": reading.intent, **_numbers(reading.slots)}
    return all(name in given and given[name] == value for name, value in expect.items())


def unsafe(expect: Flat, reading: Reading) -> bool:
    """True when the reading would act and the label says something else."""
    return reading.intent in MONEY and reading.intent != expect["intent"]


def report(rows: Sequence[Labelled], now: datetime) -> Report:
    """Accuracy per context and per intent, the confusion pairs, the unsafe count."""
    readings = [(row, read(row.context, row.text, now)) for row in rows]
    wrong = [(row, reading) for row, reading in readings if not right(row.expect, reading)]
    acting = [(row, reading) for row, reading in readings if unsafe(row.expect, reading)]
    parts = [
        f"{len(rows) - len(wrong)} of {len(rows)} right ({_percent(len(wrong), len(rows))}), {len(acting)} unsafe",
        "",
        *_table("context", Counter(row.context for row in rows), Counter(row.context for row, _ in wrong)),
        "",
        *_table(
            "intent", Counter(row.expect["intent"] for row in rows), Counter(row.expect["intent"] for row, _ in wrong)
        ),
    ]
    pairs = Counter(f"{row.expect['intent']} taken for {reading.intent}" for row, reading in wrong)
    if pairs:
        parts += ["", "confused", *(f"{count:5}  {pair}" for pair, count in pairs.most_common())]
        parts += ["", "wrong", *(_line(row, reading) for row, reading in wrong)]
    return Report("\n".join(parts) + "\n", len(acting), len(wrong))


def _percent(wrong: int, total: int) -> str:
    return f"{100 * (total - wrong) / total:.1f} %" if total else "no lines"


def _table(title: str, totals: Counter[str], wrong: Counter[str]) -> list[str]:
    return [
        f"{title:14} lines  right",
        *(f"{name:14} {total:5}  {_percent(wrong[name], total)}" for name, total in totals.items()),
    ]


def _line(row: Labelled, reading: Reading) -> str:
    mark = "UNSAFE " if unsafe(row.expect, reading) else ""
    taken = f"{reading.intent} {dict(reading.slots)} ({reading.why})"
    return f"{mark}{row.id} {row.context} {row.text[:60]!r}: expected {row.expect}, read {taken}"
