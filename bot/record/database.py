"""The ledger's database: SQLite unless a PostgreSQL is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

_PRAGMAS = (
    "busy_timeout = 10000",  # ms; several processes may record, migrate and read
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
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
