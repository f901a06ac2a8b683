"""The ledger's first shape."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def position() -> sa.Column[int]:
    return sa.Column("position", BIG, primary_key=True, autoincrement=False)


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text()) for name in names]


def times(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, BIG) for name in names]


def required(
    name: str, kind: sa.types.TypeEngine[int] | sa.types.TypeEngine[bool] = BIG
) -> sa.Column[int] | sa.Column[bool]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "progress",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        required("position"),
        *words("upto"),
    )
    op.create_table(
        "journal",
        position(),
        *words("contact"),
        required("at"),
        *times("message"),
        *words("body"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Text(), primary_key=True),
        *words("number"),
        required("first_seen_at"),
    )
    op.create_table(
        "messages",
        position(),
        *words("id", "contact", "direction"),
        required("at"),
        *maybe("account", "form", "text", "rich", "card", "kind", "topic", "thread", "ask", "reply_to"),
        sa.Column("segments", sa.Integer()),
        sa.Column("attempts", sa.Integer()),
        *times("expires_at", "attempted_at", "sent_at", "delivered_at", "read_at", "failed_at", "due_at"),
        *maybe("status"),
        sa.Column("rank", sa.Integer()),
        *maybe("why", "code", "provider_id", "response"),
    )
    op.create_table(
        "turns",
        position(),
        *words("stimulus", "contact", "kind"),
        required("at"),
        *maybe("text", "account", "provider_id", "tap", "event", "by"),
        *words("before", "after", "thread", "reason"),
        *maybe("readings", "notes", "effects"),
    )
    op.create_table(
        "attempts",
        position(),
        *words("message", "contact"),
        required("n", sa.Integer()),
        required("at"),
        *words("account", "form"),
        required("segments", sa.Integer()),
        *words("why"),
    )
    op.create_table(
        "receipts",
        position(),
        *words("message", "contact", "account", "status", "raw", "error", "provider_id"),
        required("at"),
        required("applied", sa.Boolean()),
    )
    op.create_table(
        "consents",
        position(),
        *words("contact", "topic"),
        required("granted", sa.Boolean()),
        *words("evidence", "stimulus"),
        required("at"),
    )
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Text(), primary_key=True),
        *words("contact", "type", "thread"),
        required("sequence", sa.Integer()),
        *maybe("data"),
        *words("state"),
        *maybe("why"),
        required("at"),
        *times("settled_at"),
    )
    op.create_table(
        "parked",
        position(),
        *words("contact"),
        required("at"),
        *words("mail"),
    )
    op.create_table(
        "signals",
        position(),
        *words("contact", "account", "what"),
        required("at"),
    )
    op.create_table(
        "dead",
        position(),
        required("shard", sa.Integer()),
        *words("entry"),
        required("at"),
        *words("reason", "body"),
    )
    op.create_index("journal_contact", "journal", ["contact", "position"])
    outbound = sa.text("direction = 'out'")
    op.create_index(
        "messages_outbound", "messages", ["id"], unique=True, sqlite_where=outbound, postgresql_where=outbound
    )
    op.execute("INSERT INTO progress (id, position, upto) VALUES (1, 0, '{}')")
