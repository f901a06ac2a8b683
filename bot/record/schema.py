"""Bringing a database to the ledger's present shape (Alembic; the steps are in `migrations/versions/`)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.record.database import engine

HEAD: Final = "0003"
"""The newest migration."""

_ONE_AT_A_TIME = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(7163384699739271783)",  # any number, always the same
}
"""Processes that start together migrate one after another; all but the first find nothing to do."""


async def upgrade(database: AsyncEngine) -> None:
    """Create the tables or bring them up to date, in one transaction. Raises SQLAlchemyError or OSError."""
    async with database.begin() as connection:
        await connection.exec_driver_sql(_ONE_AT_A_TIME[connection.dialect.name])
        await connection.run_sync(_migrate)


def upgrade_sql(database_url: str) -> str:
    """The SQL that creates the ledger, for whoever may not run it from here. Connects to nothing."""
    text = io.StringIO()
    _run_alembic("dialect", engine(database_url).dialect.name, text)
    return text.getvalue()


def _migrate(connection: Connection) -> None:
    if _version(connection) != HEAD:
        _run_alembic("connection", connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_alembic(given: str, value: Connection | str, output: io.StringIO | None = None) -> None:
    # Imported where it is used: a start that finds nothing to do is spared its time and memory.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes[given] = value
    command.upgrade(config, "head", sql=output is not None)
