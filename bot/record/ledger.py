"""The ledger: what happened, in SQL. The recorder writes it, staff read it.

How far the journal is recorded stands in one row, moved in the same transaction as what it made. So every entry is
recorded exactly once whatever dies when, in the order of its stream, and of two recorders one wins.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from prometheus_client import Counter
from pydantic import JsonValue
from sqlalchemy import Select, exists, func, literal_column, select, update

from bot.messages import Status
from bot.record.answers import (
    Change,
    Contact,
    Counts,
    Message,
    Summary,
    TimelineEntry,
    Unclear,
    moment,
    page,
    summary,
    to_message,
    to_unclear,
)
from bot.record.database import engine
from bot.record.projection import Progress, StreamEntry, project
from bot.record.schema import upgrade
from bot.record.statements import statements
from bot.record.tables import contacts, dead, journal, labels, messages, outcomes, parked, progress, turns

LOOK_AGAIN_S = 0.5
"""How often `changed` asks the database, for what another process recorded."""

DEAD = Counter("dingdong_recorder_dead_total", "Journal entries that could not be read; they are in the table dead")


class Overtaken(Exception):
    """Another recorder recorded meanwhile; nothing of this batch was written."""


_P = ParamSpec("_P")
_T = TypeVar("_T")


def _whole(
    query: Callable[Concatenate[Ledger, _P], Coroutine[Any, Any, _T]],
) -> Callable[Concatenate[Ledger, _P], Coroutine[Any, Any, _T]]:
    """A query that ends even if nobody waits for it any more.

    One that is cancelled has its connection taken apart under it; on SQLite that can leave a close behind that waits
    for a thread which is gone, and a process that waits for it at its end.
    """

    @functools.wraps(query)
    async def run(ledger: Ledger, /, *args: _P.args, **named: _P.kwargs) -> _T:
        task = asyncio.create_task(query(ledger, *args, **named))
        ledger.queries.add(task)
        task.add_done_callback(ledger.queries.discard)
        return await asyncio.shield(task)

    return run


class Ledger:
    """One database. Every method raises SQLAlchemyError or OSError when it can't be reached."""

    def __init__(self, url: str) -> None:
        """Raise ConfigError for a url that is neither PostgreSQL nor an SQLite file. Connects to nothing yet."""
        self._engine = engine(url)
        self._sql = statements(self._engine.dialect)
        self._news = asyncio.Event()
        self.queries: set[asyncio.Task[Any]] = set()
        """Under way, perhaps without anybody who waits for them."""

    async def open(self) -> None:
        """Bring the tables up to date."""
        await upgrade(self._engine)

    async def close(self) -> None:
        await asyncio.gather(*self.queries, return_exceptions=True)
        await self._engine.dispose()

    # ------------------------------------------------------------ for the recorder

    @_whole
    async def progress(self) -> Progress:
        """How far the journal is recorded."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(progress.c.position, progress.c.upto))).one()
        return Progress(row.position, {int(shard): last for shard, last in json.loads(row.upto).items()})

    async def record(self, entries: Sequence[StreamEntry], since: Progress) -> Progress:
        """Write what `entries` say, the very next after `since`, in one transaction. Raises Overtaken."""
        rows, now = project(entries, since)
        step = update(progress).where(progress.c.position == since.position)
        async with self._engine.begin() as connection:
            moved = await connection.execute(step.values(position=now.position, upto=json.dumps(now.upto)))
            if moved.rowcount != 1:
                raise Overtaken
            for statement, values in rows.items():
                await connection.exec_driver_sql(self._sql[statement], values)
        DEAD.inc(len(rows.get("dead", ())))
        news, self._news = self._news, asyncio.Event()
        news.set()
        return now

    # ------------------------------------------------------------ what is new

    async def changed(self, after: int) -> int:
        """Wait until something is recorded beyond position `after`; the newest position.

        At once when it was recorded in this process, within `LOOK_AGAIN_S` elsewhere.
        """
        while True:
            news = self._news
            newest = (await self.progress()).position
            if newest > after:
                return newest
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await news.wait()

    @_whole
    async def changes(self, after: int, limit: int = 500) -> list[Change]:
        """Whose conversations changed beyond position `after`, in the order of recording."""
        query = select(journal.c.position, journal.c.contact, journal.c.at).where(journal.c.position > after)
        async with self._engine.connect() as connection:
            rows = await connection.execute(query.order_by(journal.c.position).limit(limit))
        return [Change(row.position, row.contact, moment(row.at)) for row in rows]

    # ------------------------------------------------------------ for staff

    @_whole
    async def conversations(self, limit: int = 50, before: int | None = None) -> list[Summary]:
        """Every person once, who had something happen last first. before: the position of the last line seen."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(_summaries(limit, before))
        return [summary(row) for row in rows.mappings()]

    async def timeline(self, contact: str, after: int = 0, limit: int = 200) -> list[TimelineEntry]:
        """What happened beyond position `after`, oldest first: at most `limit` pages of the journal."""
        query = _pages(contact).where(journal.c.position > after).order_by(journal.c.position)
        return await self._entries(query.limit(limit))

    async def history(self, contact: str, before: int | None = None, limit: int = 200) -> list[TimelineEntry]:
        """The newest before position `before`, oldest first: at most `limit` pages of the journal."""
        query = _pages(contact).order_by(journal.c.position.desc())
        if before is not None:
            query = query.where(journal.c.position < before)
        return await self._entries(query.limit(limit))

    @_whole
    async def message(self, message_id: str) -> Message | None:
        """An outbound by its id."""
        query = select(messages).where(messages.c.id == message_id, messages.c.direction == "out")
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return to_message(row) if row else None

    @_whole
    async def contact(self, contact: str) -> Contact | None:
        """A person, once anything came from them or for them."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(contacts).where(contacts.c.id == contact))).one_or_none()
        return Contact(row.id, row.number, moment(row.first_seen_at)) if row else None

    @_whole
    async def counts(self) -> Counts:
        """How much there is. Reads whole tables: for a person who asks, not for every page."""
        direction = messages.c.direction
        by_status = select(messages.c.status, func.count()).where(direction == "out").group_by(messages.c.status)
        by_state = select(outcomes.c.state, func.count()).group_by(outcomes.c.state)
        async with self._engine.connect() as connection:

            async def count(query: Select[int]) -> int:
                return (await connection.execute(query)).scalar_one()

            return Counts(
                contacts=await count(select(func.count()).select_from(contacts)),
                turns=await count(select(func.count()).select_from(turns)),
                inbound=await count(select(func.count()).where(direction == "in")),
                outbound={Status(status): n for status, n in await connection.execute(by_status)},
                outcomes=dict((await connection.execute(by_state)).all()),
                parked=await count(select(func.count()).select_from(parked)),
                dead=await count(select(func.count()).select_from(dead)),
            )

    # ------------------------------------------------------------ what was not understood

    @_whole
    async def unclear(self, after: int = 0, limit: int = 500) -> list[Unclear]:
        """Replies the grammar could not read, beyond position `after`, oldest first, with the labels they have.

        Words said while a colleague held the conversation are not among them: they answered a person.
        """
        query = _unclear().where(turns.c.position > after).order_by(turns.c.position).limit(limit)
        async with self._engine.connect() as connection:
            return [to_unclear(row) for row in await connection.execute(query)]

    @_whole
    async def unlabelled(self, limit: int) -> list[Unclear]:
        """Those of `unclear` nobody has labelled, newest first."""
        query = _unclear().where(labels.c.intent.is_(None)).order_by(turns.c.position.desc()).limit(limit)
        async with self._engine.connect() as connection:
            return [to_unclear(row) for row in await connection.execute(query)]

    @_whole
    async def unclear_reply(self, stimulus: str) -> Unclear | None:
        """The one of `unclear` with this id."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_unclear().where(turns.c.stimulus == stimulus))).first()
        return to_unclear(row) if row else None

    @_whole
    async def label(self, stimulus: str, intent: str, slots: Mapping[str, JsonValue], by: str, at: datetime) -> None:
        """Keep what a colleague says an unclear reply meant; it takes the place of what was said before."""
        row = (stimulus, intent, json.dumps(slots, ensure_ascii=False), by, round(at.timestamp() * 1000))
        async with self._engine.begin() as connection:
            await connection.exec_driver_sql(self._sql["labels"], row)

    @_whole
    async def _entries(self, pages: Select[int, str]) -> list[TimelineEntry]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(pages)).all()
        return [entry for position, body in sorted(rows) for entry in page(position, body)]


def _unclear() -> Select[Any]:
    told = (labels.c.intent, labels.c.slots, labels.c.by, labels.c.at.label("labelled_at"))
    reply = (turns.c.position, turns.c.stimulus, turns.c.contact, turns.c.at, turns.c.context, turns.c.text)
    return (
        select(*reply, *told)
        .select_from(turns.outerjoin(labels, labels.c.stimulus == turns.c.stimulus))
        # A literal: for a parameter SQLite would not look at the index that holds only these.
        .where(turns.c.intent == literal_column("'unclear'"), turns.c.kind == "said", turns.c.context.is_not(None))
    )


def _pages(contact: str) -> Select[int, str]:
    return select(journal.c.position, journal.c.body).where(journal.c.contact == contact)


def _summaries(limit: int, before: int | None) -> Select[Any]:
    """The newest page of every person, newest first, with the last message that began on any of their pages."""
    newer, said = journal.alias("newer"), journal.alias("said")
    is_newest = ~exists().where(newer.c.contact == journal.c.contact, newer.c.position > journal.c.position)
    last = (
        select(said.c.message)
        .where(said.c.contact == journal.c.contact, said.c.message.is_not(None))
        .order_by(said.c.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    words = (messages.c.direction, messages.c.at.label("said_at"), messages.c.text, messages.c.card, messages.c.status)
    query = (
        select(journal.c.position, journal.c.contact, journal.c.at, *words)
        .select_from(journal.outerjoin(messages, messages.c.position == last))
        .where(is_newest, journal.c.contact != "")  # receipts of messages nobody knows have no contact
    )
    if before is not None:
        query = query.where(journal.c.position < before)
    return query.order_by(journal.c.position.desc()).limit(limit)
