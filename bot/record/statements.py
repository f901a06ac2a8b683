"""How each kind of row meets what the ledger has: Core inserts, compiled once per database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, Dialect, Table, bindparam, case, func, literal_column, text
from sqlalchemy.dialects import postgresql, sqlite

from bot.record import tables
from bot.record.tables import labels, messages, outcomes

_Insert: TypeAlias = postgresql.Insert | sqlite.Insert

_SAID = ("position", "id", "contact", "direction", "at", "account", "text", "thread", "provider_id")
_FIXED = ("position", "id", "contact", "direction")


def statements(dialect: Dialect) -> Mapping[str, str]:
    """The SQL of each kind of row that `bot.record.projection` makes; parameters in the row's order."""
    insert: Callable[[Table], _Insert] = postgresql.insert if dialect.name == "postgresql" else sqlite.insert

    def into(table: Table, columns: Sequence[str]) -> _Insert:
        return insert(table).values({name: bindparam(name) for name in columns})

    written_once = [table for table in tables.metadata.sorted_tables if table not in (messages, tables.progress)]
    inserts = {table.name: into(table, table.c.keys()) for table in written_once}
    inserts["contacts"] = inserts["contacts"].on_conflict_do_nothing()
    inserts["labels"] = _replacing(inserts["labels"])
    inserts["outcomes"] = _settling(inserts["outcomes"])
    inserts |= {"said": into(messages, _SAID), "outbound": _knowing_more(into(messages, messages.c.keys()))}
    return {name: str(insert.compile(dialect=dialect)) for name, insert in inserts.items()}


def _knowing_more(insert: _Insert) -> _Insert:
    """What is known of one outbound comes in pieces, split over any batches.

    A newer piece adds to what is known; the status moves forward only (`bot.messages.RANK`).
    """
    new, old = insert.excluded, messages.c
    forward = new.rank >= old.rank
    rules: dict[str, ColumnElement[object]] = {
        column.name: func.coalesce(new[column.name], column) for column in old if column.name not in _FIXED
    }
    rules |= {name: case((forward, new[name]), else_=old[name]) for name in ("status", "rank", "why", "code")}
    rules["at"] = case((new.at < old.at, new.at), else_=old.at)
    return insert.on_conflict_do_update(index_elements=[old.id], index_where=text("direction = 'out'"), set_=rules)


def _replacing(insert: _Insert) -> _Insert:
    """The last word of staff on a reply counts."""
    said = {name: insert.excluded[name] for name in ("intent", "slots", "by", "at")}
    return insert.on_conflict_do_update(index_elements=[labels.c.stimulus], set_=said)


def _settling(insert: _Insert) -> _Insert:
    """An outcome is emitted, then posted or dead."""
    new, old = insert.excluded, outcomes.c
    state = case((new.state == literal_column("'emitted'"), old.state), else_=new.state)
    known = {name: func.coalesce(new[name], old[name]) for name in ("data", "why", "settled_at")}
    return insert.on_conflict_do_update(index_elements=[old.id], set_=known | {"state": state})
