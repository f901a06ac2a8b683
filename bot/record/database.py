"""The ledger's database: SQLite unless a PostgreSQL is named."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import ConfigError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}

_BUSY_MS = 10_000
"""Several processes may record, migrate and read one file."""

_PRAGMAS = (
    f"busy_timeout = {_BUSY_MS}",
    "journal_mode = WAL",  # readers never wait for the recorder
    "synchronous = FULL",  # what is committed is trimmed from the stream, so it must survive a power cut
    "cache_size = -4000",  # KiB a connection
    "wal_autocheckpoint = 4000",  # pages of 4 KiB; rarer checkpoints write hot pages less often
)


def engine(url: str) -> AsyncEngine:
    """An engine for postgresql://… or sqlite:///path. Connects to nothing yet. Raises ConfigError."""
    parsed = _url(url)
    # Parameters are people's words: never in an error or a log.
    if parsed.drivername == "postgresql+asyncpg":
        return create_async_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    sqlite = create_async_engine(parsed, hide_parameters=True)
    event.listen(sqlite.sync_engine, "connect", _configure_sqlite)
    return sqlite


def _url(text: str) -> URL:
    try:
        url = make_url(text)
        url = url.set(drivername=_DRIVERS[url.drivername])
    except (ArgumentError, KeyError):
        raise ConfigError("database_url: give postgresql://user@host/name or sqlite:///path/to/file") from None
    if url.drivername == "sqlite+aiosqlite":
        if not url.database or url.database == ":memory:":
            raise ConfigError("database_url: SQLite needs a file, as in sqlite:///data/ledger.sqlite")
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    elif "sslmode" in url.query:  # libpq's word, as hosted databases print it; asyncpg calls it ssl
        url = url.update_query_dict({"ssl": url.query["sslmode"]}).difference_update_query(["sslmode"])
    return url


def _configure_sqlite(connection: Any, _: object) -> None:
    connection.run_async(_configure)


async def _configure(connection: aiosqlite.Connection) -> None:
    """Set `_PRAGMAS`. A new file turns to WAL, which SQLite refuses at once while another connection writes."""
    deadline = time.monotonic() + _BUSY_MS / 1000
    for pragma in _PRAGMAS:
        while True:
            try:
                await connection.execute(f"PRAGMA {pragma}")
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.01)
