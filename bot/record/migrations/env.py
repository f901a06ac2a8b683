"""Alembic's entry: run by `bot.record.schema`, which hands over a connection, or a dialect for SQL text.

A new step: put NNNN_what.py beside the others, and its number into `bot.record.schema.HEAD`.
"""

from alembic import context

from bot.record.tables import metadata

given = context.config.attributes
if "connection" in given:
    context.configure(connection=given["connection"], target_metadata=metadata)
else:
    context.configure(dialect_name=given["dialect"], target_metadata=metadata, literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
