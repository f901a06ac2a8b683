"""Journal entries → rows of the ledger: pure.

A row is a tuple in the order of its table's columns; `bot.record.statements` says how it meets what is already
there. What `project` lets through has the types the tables want, so a row is never refused, and an entry that cannot
be read goes to the table `dead` and holds nobody up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from bot.messages import RANK
from bot.record.journal import (
    AttemptEntry,
    ConsentEntry,
    ContactEntry,
    Entry,
    OutcomeEntry,
    OutEntry,
    ParkedEntry,
    RecallEntry,
    ReceiptEntry,
    SignalEntry,
    StatusEntry,
    StatusWord,
    TurnEntry,
    decode,
    encode,
)
from bot.record.tables import messages

Rows: TypeAlias = dict[str, list[tuple[Any, ...]]]
"""Statement (`bot.record.statements`) -> rows, in the order they happened."""


class StreamEntry(NamedTuple):
    """One entry of a shard's stream. id: "<ms>-<seq>". body: the field `e`."""

    shard: int
    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the journal is recorded: position of the last entry, and the last stream id by shard."""

    position: int = 0
    upto: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Page:
    """What one batch has of one person. parts: JSON texts of [ms, entries]."""

    position: int = 0
    at: int = 0
    message: int | None = None
    parts: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """What the entries of a batch add up to. outbound: by id, the columns that are known of each."""

    position: int
    rows: Rows = field(default_factory=lambda: defaultdict(list))
    outbound: dict[str, dict[str, Any]] = field(default_factory=dict)


def project(entries: Iterable[StreamEntry], since: Progress) -> tuple[Rows, Progress]:
    """The rows that `entries` make, and how far the journal is recorded once they are written."""
    batch = _Batch(since.position)
    pages: dict[str, _Page] = defaultdict(_Page)
    upto = dict(since.upto)
    for entry in entries:
        ms = int(entry.id.partition("-")[0])
        good, bad, text = _read(entry.body)
        for reason, body in bad:
            batch.position += 1
            batch.rows["dead"].append((batch.position, entry.shard, entry.id, ms, reason, body))
        if good:
            page = pages[good[0]["contact"]]
            for one in good:
                batch.position += 1
                page.message = _PROJECT[one["t"]](batch, ms, one) or page.message
            page.position, page.at = batch.position, ms
            page.parts.append(b"[%d,%b]" % (ms, text))
        upto[entry.shard] = entry.id
    for contact, page in sorted(pages.items(), key=lambda item: item[1].position):
        text = b"[%b]" % b",".join(page.parts)
        batch.rows["journal"].append((page.position, contact, page.at, page.message, text.decode()))
    if batch.outbound:
        batch.rows["outbound"] = [tuple(map(known.get, _COLUMNS)) for known in batch.outbound.values()]
    return batch.rows, Progress(batch.position, upto)


# ---------------------------------------------------------------- reading


def _read(body: bytes) -> tuple[Sequence[Entry], Sequence[tuple[str, str]], bytes]:
    """The entries that can be read, those that cannot (reason, text), and the JSON text of the former."""
    if b"\\u0000" in body:
        body = body.replace(b"\\u0000", b"\\ufffd")  # PostgreSQL has no such character
    try:
        entries = decode(body)
    except ValueError:
        return _sort_out(body)
    if len(entries) > 1 and any(entry["contact"] != entries[0]["contact"] for entry in entries):
        return _sort_out(body)
    return entries, (), body


def _sort_out(body: bytes) -> tuple[Sequence[Entry], Sequence[tuple[str, str]], bytes]:
    """The slow way, for a body with something bad in it: one by one, so that the good ones are kept."""
    try:
        items = from_json(body)
    except ValueError:
        return (), [("not JSON", body.decode(errors="replace").replace("\0", "\ufffd"))], b""
    good: list[Entry] = []
    bad: list[tuple[str, str]] = []
    for item in items if isinstance(items, list) else [items]:
        text = to_json([item])
        try:
            (entry,) = decode(text)
        except ValueError:
            bad.append(("not an entry", text.decode()))
            continue
        if good and entry["contact"] != good[0]["contact"]:
            bad.append(("another person's", text.decode()))
        else:
            good.append(entry)
    return good, bad, encode(good).encode()


def _ms(iso: str, otherwise: int) -> int:
    """Epoch milliseconds of an ISO 8601 time; `otherwise` where there is none."""
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return otherwise
    return round(at.timestamp() * 1000) if at.tzinfo else otherwise


def _json(value: JsonValue | Sequence[Any] | None) -> str | None:
    return to_json(value).decode() if value else None


def _intent(readings: Sequence[JsonValue] | None) -> str | None:
    first = readings[0] if readings else None
    intent = first.get("intent") if isinstance(first, dict) else None
    return intent if isinstance(intent, str) else None


# ---------------------------------------------------------------- one entry; the position of a message that begins


def _contact(batch: _Batch, ms: int, e: ContactEntry) -> None:
    batch.rows["contacts"].append((e["contact"], e["number"], ms))


def _turn(batch: _Batch, ms: int, e: TurnEntry) -> int | None:
    at, text, account, provider_id = _ms(e["at"], ms), e.get("text"), e.get("account"), e.get("provider_id")
    batch.rows["turns"].append(
        (
            batch.position,
            e["id"],
            e["contact"],
            e["kind"],
            at,
            text,
            account,
            provider_id,
            _json(e.get("tap")),
            e.get("event"),
            e.get("by"),
            e["before"],
            e["after"],
            e["thread"],
            e["reason"],
            _json(e.get("readings")),
            _json(e.get("notes")),
            _json(e.get("effects")),
            e.get("context"),
            _intent(e.get("readings")),
        )
    )
    if e["kind"] not in ("said", "tapped"):
        return None
    said = (e["id"], e["contact"], "in", at, account, text, e["thread"], provider_id)
    batch.rows["said"].append((batch.position, *said))
    return batch.position


def _out(batch: _Batch, ms: int, e: OutEntry) -> int:
    known = _known(batch, e, _ms(e["at"], ms))
    known["card"] = e["card"]
    known["kind"] = e["kind"]
    known["topic"] = e["topic"]
    known["thread"] = e["thread"]
    known["ask"] = e["ask"]
    known["reply_to"] = e["reply_to"]
    known["expires_at"] = _ms(e["expires_at"], ms) if "expires_at" in e else None
    known["instead_of"] = e.get("instead_of")
    _forward(known, "queued", "", None)
    return batch.position


def _attempt(batch: _Batch, ms: int, e: AttemptEntry) -> None:
    tried = (e["n"], ms, e["account"], e["form"], e["segments"], e["why"])
    batch.rows["attempts"].append((batch.position, e["id"], e["contact"], *tried))
    known = _known(batch, e, ms)
    known["account"] = e["account"]
    known["form"] = e["form"]
    known["text"] = e["text"]
    known["rich"] = _json(e.get("rich")) or ""
    known["segments"] = e["segments"]
    known["attempts"] = e["n"]
    known["attempted_at"] = ms
    _forward(known, "attempted", e["why"], None)


def _status(batch: _Batch, ms: int, e: StatusEntry) -> None:
    known = _known(batch, e, ms)
    if "until" in e:
        known["due_at"] = _ms(e["until"], ms)
    if "provider_id" in e:
        known["provider_id"] = e["provider_id"]
    if "response" in e:
        known["response"] = e["response"]
    _reach(known, e["status"], ms, e["why"], e.get("code"))


def _receipt(batch: _Batch, ms: int, e: ReceiptEntry) -> None:
    at = _ms(e["at"], ms)
    told = (e["account"], e["status"], e["raw"], e["error"], e["provider_id"], at, e["applied"])
    batch.rows["receipts"].append((batch.position, e["id"], e["contact"], *told))
    if e["applied"] and e["status"]:
        known = _known(batch, e, at)
        if e["provider_id"]:
            known["provider_id"] = e["provider_id"]
        _reach(known, e["status"], at, e["raw"], e["error"] or None)


def _recall(batch: _Batch, ms: int, e: RecallEntry) -> None:
    told = (e["account"], e["outcome"], e["why"], e.get("instead"))
    batch.rows["recalls"].append((batch.position, e["id"], e["contact"], *told, ms))
    if e["outcome"] == "revoked":
        _reach(_known(batch, e, ms), "revoked", ms, e["why"], None)


def _consent(batch: _Batch, ms: int, e: ConsentEntry) -> None:
    said = (e["topic"], e["granted"], e["evidence"], e["stimulus"])
    batch.rows["consents"].append((batch.position, e["contact"], *said, ms))


def _outcome(batch: _Batch, ms: int, e: OutcomeEntry) -> None:
    told = (e["type"], e["thread"], e["sequence"], _json(e.get("data")), e["state"], e.get("why"))
    batch.rows["outcomes"].append((e["id"], e["contact"], *told, ms, ms if e["state"] != "emitted" else None))


def _parked(batch: _Batch, ms: int, e: ParkedEntry) -> None:
    batch.rows["parked"].append((batch.position, e["contact"], ms, e["mail"]))


def _signal(batch: _Batch, ms: int, e: SignalEntry) -> None:
    batch.rows["signals"].append((batch.position, e["contact"], e["account"], e["what"], ms))


_PROJECT: Mapping[str, Callable[[_Batch, int, Any], int | None]] = {
    "contact": _contact,
    "turn": _turn,
    "out": _out,
    "attempt": _attempt,
    "status": _status,
    "receipt": _receipt,
    "recall": _recall,
    "consent": _consent,
    "outcome": _outcome,
    "parked": _parked,
    "signal": _signal,
}

# ---------------------------------------------------------------- what pieces say of one outbound

_COLUMNS = messages.c.keys()
_RANK: Mapping[str, int] = {status.value: rank for status, rank in RANK.items()}
_REACHED = {
    "sent": "sent_at",
    "delivered": "delivered_at",
    "read": "read_at",
    "failed": "failed_at",
    "dropped": "failed_at",
    "revoked": "failed_at",
}
_Piece: TypeAlias = OutEntry | AttemptEntry | StatusEntry | ReceiptEntry | RecallEntry


def _known(batch: _Batch, e: _Piece, at: int) -> dict[str, Any]:
    """What this batch knows of the outbound so far. `at` is the earliest time anybody gave: of its queuing."""
    known = batch.outbound.get(e["id"])
    if known is None:
        known = {"position": batch.position, "id": e["id"], "contact": e["contact"], "direction": "out", "at": at}
        batch.outbound[e["id"]] = known
    elif at < known["at"]:
        known["at"] = at
    return known


def _reach(known: dict[str, Any], status: StatusWord, at: int, why: str, code: str | None) -> None:
    if status in _REACHED:
        known[_REACHED[status]] = at
    _forward(known, status, why, code)


def _forward(known: dict[str, Any], status: StatusWord, why: str, code: str | None) -> None:
    """Statuses move forward only; `bot.record.statements` holds the same rule against what is in the table."""
    rank = _RANK[status]
    if rank >= known.get("rank", 0):
        known["status"], known["rank"], known["why"], known["code"] = status, rank, why, code
