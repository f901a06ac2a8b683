"""Where what people said, their numbers and our keys lie: looked for everywhere they must not be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from redis import Redis

CONTENT = {"text", "rich", "readings", "notes", "reason", "body", "evidence", "data", "why", "effects"}
"""Columns of the ledger that hold what was said, or explain it by quoting it."""


def leaks(data: Path, *, numbers: Iterable[str], secrets: Iterable[str], words: Iterable[str]) -> set[str]:
    """Places where a number, a key or words are that must not be there; empty when all is well.

    numbers: without country code. words: whole messages, as said or sent.
    """
    closed = [*numbers, *secrets]
    everything = [*closed, *words]
    found = {f"log: {line[:80]}" for line in (data / "bot.log").read_text().splitlines() if _any(everything, line)}
    for key, value in _store(data):
        found |= {f"name of {key}"} if _any(everything, key) else set()
        found |= {f"value of {key}"} if _any(closed, value) else set()
    for column, value in _ledger(data):
        allowed = column.partition(".")[2] in CONTENT
        found |= {column} if _any(closed if allowed else everything, value) else set()
    return found


def _any(wanted: Iterable[str], text: str) -> bool:
    return any(one in text for one in wanted)


def _store(data: Path) -> Iterator[tuple[str, str]]:
    """Name and content of every key of the bot's own store."""
    with Redis(unix_socket_path=str(data / "store" / "store.sock")) as redis:
        for key in redis.scan_iter(count=1_000):
            yield key.decode(), str(_value(redis, key))


def _value(redis: Any, key: bytes) -> object:
    value: Any
    match redis.type(key):
        case b"string":
            value = redis.get(key)
        case b"hash":
            value = redis.hgetall(key)
        case b"list":
            value = redis.lrange(key, 0, -1)
        case b"zset":
            value = redis.zrange(key, 0, -1)
        case b"stream":
            value = redis.xrange(key)
        case b"none":  # gone since
            value = ""
        case other:
            raise AssertionError(f"a {other!r}: look into it here")
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _ledger(data: Path) -> Iterator[tuple[str, str]]:
    """Every value, and before it "<table>.<column>"."""
    with sqlite3.connect(f"file:{data / 'ledger.db'}?mode=ro", uri=True) as ledger:
        tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = ledger.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in rows.description]
            for row in rows:
                yield from ((f"{table}.{name}", str(value)) for name, value in zip(names, row, strict=True))
    ledger.close()
