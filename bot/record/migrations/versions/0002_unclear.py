"""What words were read against and first taken for, and what staff say the unclear ones meant.

Turns recorded before have neither: what they were read against was not kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("turns", sa.Column("context", sa.Text()))
    op.add_column("turns", sa.Column("intent", sa.Text()))
    unclear = sa.text("intent = 'unclear'")
    op.create_index("turns_unclear", "turns", ["position"], sqlite_where=unclear, postgresql_where=unclear)
    op.create_table(
        "labels",
        sa.Column("stimulus", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("intent", "slots", "by")),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    )
