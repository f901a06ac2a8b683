"""RCS messages that are taken back when they do not arrive, and the texts that go out instead."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("messages", sa.Column("instead_of", sa.Text()))
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "recalls",
        sa.Column("position", big, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("message", "contact", "account", "outcome", "why")),
        sa.Column("instead", sa.Text()),
        sa.Column("at", big, nullable=False),
    )
