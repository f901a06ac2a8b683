"""The ledger's tables: made and changed by migrations only."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import bot.record
from bot.errors import ConfigError
from bot.record import schema, tables
from bot.record.database import engine
from bot.record.ledger import Ledger
from bot.record.statements import statements


async def test_migrations_make_the_tables(ledger: Ledger) -> None:
    """What the migrations build is what `bot.record.tables` says, to the index."""

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.metadata))

    async with ledger._engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_twice_or_at_once_is_harmless(database_url: str) -> None:
    """Several processes start together on an empty database: one migrates, all go on."""
    ledgers = [Ledger(database_url) for _ in range(4)]
    await asyncio.gather(*(ledger.open() for ledger in ledgers))
    for ledger in ledgers:
        await ledger.open()
        assert (await ledger.progress()).position == 0
        await ledger.close()


async def test_a_new_file_another_process_writes_is_waited_for(tmp_path: Path) -> None:
    """The turn to WAL is refused at once then, whatever the busy timeout says."""
    file = tmp_path / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{file}")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(ledger.open())
        done, _ = await asyncio.wait({opening}, timeout=0.2)
        assert not done
        other.execute("COMMIT")
    await opening
    assert (await ledger.progress()).position == 0
    await ledger.close()


def test_the_newest_migration_is_known() -> None:
    """A start that finds HEAD does not load Alembic, so HEAD must be the newest step."""
    folder = Path(bot.record.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [schema.HEAD]


def test_the_sql_can_be_had_without_a_database() -> None:
    """For whoever may not let a program create tables."""
    sql = schema.upgrade_sql("postgresql://nobody@nowhere/ledger")
    assert "CREATE TABLE messages" in sql
    assert f"SET version_num='{schema.HEAD}'" in sql


@pytest.mark.parametrize("url", ["postgresql://u@h/d", "sqlite:////nowhere.db"])
def test_rows_are_written_in_the_order_of_their_columns(url: str) -> None:
    """Rows are plain tuples: each insert takes its table's columns in the table's order."""
    sql = statements(engine(url).dialect)
    for name, table in tables.metadata.tables.items():
        if name in sql:
            columns = ", ".join(table.c.keys())
            assert sql[name].replace('"', "").startswith(f"INSERT INTO {name} ({columns}) VALUES"), name


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
        ("sqlite:////tmp/ledger.db", "sqlite+aiosqlite:////tmp/ledger.db"),
    ],
)
def test_the_usual_urls_are_understood(given: str, used: str) -> None:
    """A database is named as everybody names it; which driver serves it is ours to know."""
    assert engine(given).url.render_as_string() == used


@pytest.mark.parametrize("url", ["", "mysql://h/d", "ledger.db", "sqlite://", "sqlite:///:memory:"])
def test_another_database_is_refused(url: str) -> None:
    """At start, saying what to give."""
    with pytest.raises(ConfigError, match="sqlite:///"):
        engine(url)
