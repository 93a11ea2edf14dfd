"""Alembic's entry point: one transaction for all steps, one migrating process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text

from malha.db.metadata import metadata

MIGRATION_LOCK = 0x6D616C68_64

engine = create_engine(context.config.attributes["database_url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
