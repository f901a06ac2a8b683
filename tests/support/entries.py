"""Journal entries for tests: complete ones, of which a test names what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.record.journal import (
    AttemptEntry,
    Entry,
    OutEntry,
    RecallEntry,
    ReceiptEntry,
    StatusEntry,
    StatusWord,
    TurnEntry,
    encode,
)
from bot.record.projection import StreamEntry

ANNE = "a" * 32
BO = "b" * 32
T0 = 1_795_000_000_000
"""Epoch milliseconds; `at` of an entry is T0 plus what the test gives."""


def iso(ms: int) -> str:
    return datetime.fromtimestamp((T0 + ms) / 1000, UTC).isoformat()


def turn(name: str = "in-1", text: str = "一万六", contact: str = ANNE, ms: int = 0, **more: Any) -> TurnEntry:
    entry: TurnEntry = {
        "t": "turn",
        "contact": contact,
        "id": name,
        "kind": "said",
        "at": iso(ms),
        "before": "asked",
        "after": "countered",
        "thread": "o17",
        "reason": "counter_offer",
        "text": text,
        "account": "yunpian",
        "provider_id": "9527",
        "readings": [
            {"intent": "counter_offer", "rule": "numbers.amount", "why": "说了一个价", "slots": {"price": "16000"}}
        ],
    }
    return entry | more  # type: ignore[return-value]  # a TypedDict and its own keys


def out(name: str = "m-1", contact: str = ANNE, ms: int = 0, instead_of: str = "") -> OutEntry:
    entry: OutEntry = {
        "t": "out",
        "contact": contact,
        "id": name,
        "at": iso(ms),
        "card": "consignment/offer",
        "data": {"price": "15200"},
        "thread": "o17",
        "ask": "o17.1",
        "kind": "transactional",
        "topic": "offers",
        "reply_to": "in-1",
        "expires_at": iso(86_400_000),
    }
    if instead_of:
        entry["instead_of"] = instead_of
    return entry


def attempt(name: str = "m-1", n: int = 1, contact: str = ANNE, form: str = "text") -> AttemptEntry:
    entry: AttemptEntry = {
        "t": "attempt",
        "contact": contact,
        "id": name,
        "n": n,
        "account": "yunpian",
        "form": form,
        "text": "【叮咚】有买家出价¥15,200",
        "segments": 1,
        "why": "text: the phone is not rich",
    }
    if form == "rbm":
        entry["rich"] = {"richCard": {"title": "有人出价"}}
    return entry


def status(word: StatusWord, name: str = "m-1", contact: str = ANNE, **more: Any) -> StatusEntry:
    entry: StatusEntry = {"t": "status", "contact": contact, "id": name, "status": word, "why": f"because {word}"}
    return entry | more  # type: ignore[return-value]  # a TypedDict and its own keys


def receipt(word: StatusWord, name: str = "m-1", contact: str = ANNE, ms: int = 0, **more: Any) -> ReceiptEntry:
    entry: ReceiptEntry = {
        "t": "receipt",
        "contact": contact,
        "id": name,
        "account": "yunpian",
        "status": word,
        "raw": word.upper(),
        "error": "",
        "provider_id": "9527",
        "at": iso(ms),
        "applied": True,
    }
    return entry | more  # type: ignore[return-value]  # a TypedDict and its own keys


def recall(outcome: str, name: str = "m-1", contact: str = ANNE, **more: Any) -> RecallEntry:
    told = {"account": "rbm", "outcome": outcome, "why": f"so {outcome}", **more}
    return {"t": "recall", "contact": contact, "id": name, **told}  # type: ignore[typeddict-item]  # its own keys


def streamed(*commits: Entry | list[Entry], shard: int = 0, start: int = 0) -> list[StreamEntry]:
    """One stream entry per commit, a millisecond apart from T0 + start on."""
    lists = [commit if isinstance(commit, list) else [commit] for commit in commits]
    return [StreamEntry(shard, f"{T0 + start + n}-0", encode(entries).encode()) for n, entries in enumerate(lists)]
