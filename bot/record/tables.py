"""The ledger's tables. Staff search them, analysts count them; the truth is the journal they were made of.

Times are epoch milliseconds in UTC. `position` is the ledger's own order: it grows with every entry recorded and is
committed in that order. JSON is kept as text, as it was written.

Rows are added at the end of a table and rarely touched again, and there is one index by person for all of them: on
SQLite an index over ids that are spread evenly costs more than all the rest of a turn (measured).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

_BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite's own row number, when it is the primary key


def _position() -> Column[int]:
    return Column("position", _BIG, primary_key=True, autoincrement=False)


def _table(name: str, *columns: Column[int] | Column[str] | Column[bool] | Index) -> Table:
    return Table(name, metadata, *columns)


def _text(name: str, *, required: bool = True) -> Column[str]:
    return Column(name, Text, nullable=not required)


def _time(name: str, *, required: bool = False) -> Column[int]:
    return Column(name, _BIG, nullable=not required)


progress = _table(
    "progress",
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row
    Column("position", _BIG, nullable=False),  # of the last entry recorded
    _text("upto"),  # JSON: shard -> stream id of the last entry recorded
)

journal = _table(
    "journal",
    _position(),  # of the page's last entry
    _text("contact"),
    _time("at", required=True),
    Column("message", _BIG),  # position of the newest message that begins on this page
    _text("body"),  # JSON: [[ms, [entry, …]], …], what one batch had of this person
    Index("journal_contact", "contact", "position"),
)

contacts = _table(
    "contacts",
    Column("id", Text, primary_key=True),
    _text("number"),  # sealed E.164
    _time("first_seen_at", required=True),
)

messages = _table(
    "messages",
    _position(),
    _text("id"),  # ours; of an inbound: its stimulus
    _text("contact"),
    _text("direction"),  # in, out
    _time("at", required=True),  # when it came in, or was queued
    _text("account", required=False),  # of the last attempt
    _text("form", required=False),  # text, rbm
    _text("text", required=False),
    _text("rich", required=False),  # JSON: RBM content
    _text("card", required=False),
    _text("kind", required=False),
    _text("topic", required=False),
    _text("thread", required=False),
    _text("ask", required=False),
    _text("reply_to", required=False),
    Column("segments", Integer),
    Column("attempts", Integer),
    _time("expires_at"),
    _time("attempted_at"),  # the last attempt
    _time("sent_at"),
    _time("delivered_at"),
    _time("read_at"),
    _time("failed_at"),  # failed, dropped or taken back
    _time("due_at"),  # backing off or held: not tried before this
    _text("status", required=False),  # bot.messages.Status; none for an inbound
    Column("rank", Integer),  # of the status
    _text("why", required=False),  # of the status
    _text("code", required=False),  # the carrier's, of the status
    _text("provider_id", required=False),
    _text("response", required=False),  # the carrier's answer, cut
    _text("instead_of", required=False),  # the RCS message that did not arrive and that this is the text of
    Index(
        "messages_outbound",
        "id",
        unique=True,
        sqlite_where=text("direction = 'out'"),
        postgresql_where=text("direction = 'out'"),
    ),
)

turns = _table(
    "turns",
    _position(),
    _text("stimulus"),
    _text("contact"),
    _text("kind"),
    _time("at", required=True),
    _text("text", required=False),
    _text("account", required=False),
    _text("provider_id", required=False),
    _text("tap", required=False),  # JSON: [ask, choice]
    _text("event", required=False),
    _text("by", required=False),
    _text("before"),
    _text("after"),
    _text("thread"),
    _text("reason"),
    _text("readings", required=False),  # JSON: list of flows.state.Reading
    _text("notes", required=False),  # JSON: [[reason, detail], …]
    _text("effects", required=False),  # JSON: [[effect, what], …]
    _text("context", required=False),  # subject of the question its words were read against
    _text("intent", required=False),  # of the first reading
    Index(
        "turns_unclear",
        "position",
        sqlite_where=text("intent = 'unclear'"),
        postgresql_where=text("intent = 'unclear'"),
    ),
)

labels = _table(
    "labels",  # what staff say an unclear reply meant: the one table that is not made of the journal
    Column("stimulus", Text, primary_key=True),
    _text("intent"),
    _text("slots"),  # JSON
    _text("by"),
    _time("at", required=True),
)

attempts = _table(
    "attempts",
    _position(),
    _text("message"),
    _text("contact"),
    Column("n", Integer, nullable=False),
    _time("at", required=True),
    _text("account"),
    _text("form"),
    Column("segments", Integer, nullable=False),
    _text("why"),
)

receipts = _table(
    "receipts",
    _position(),
    _text("message"),
    _text("contact"),
    _text("account"),
    _text("status"),
    _text("raw"),
    _text("error"),
    _text("provider_id"),
    _time("at", required=True),
    Column("applied", Boolean, nullable=False),
)

recalls = _table(
    "recalls",  # of RCS messages that did not arrive in time
    _position(),
    _text("message"),
    _text("contact"),
    _text("account"),
    _text("outcome"),  # bot.record.journal.RecallEntry
    _text("why"),
    _text("instead", required=False),  # the text that goes out for it
    _time("at", required=True),
)

consents = _table(
    "consents",
    _position(),
    _text("contact"),
    _text("topic"),
    Column("granted", Boolean, nullable=False),
    _text("evidence"),
    _text("stimulus"),
    _time("at", required=True),
)

outcomes = _table(
    "outcomes",
    Column("id", Text, primary_key=True),
    _text("contact"),
    _text("type"),
    _text("thread"),
    Column("sequence", Integer, nullable=False),
    _text("data", required=False),  # JSON
    _text("state"),  # emitted, posted, dead
    _text("why", required=False),
    _time("at", required=True),
    _time("settled_at"),  # posted, or given up
)

parked = _table("parked", _position(), _text("contact"), _time("at", required=True), _text("mail"))

signals = _table("signals", _position(), _text("contact"), _text("account"), _text("what"), _time("at", required=True))

dead = _table(
    "dead",
    _position(),
    Column("shard", Integer, nullable=False),
    _text("entry"),  # stream id
    _time("at", required=True),
    _text("reason"),
    _text("body"),  # as it stood in the stream
)
