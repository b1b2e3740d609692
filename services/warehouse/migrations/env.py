"""Alembic's entry: one transaction a migration, one migrating process at a time."""

from typing import Any

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from services.warehouse.migrations.floor import note_floor, refuse_newer

SCHEMA = "shadower"
# Any number will do that nobody else of this database locks.
MIGRATION_LOCK = 7_403_112_901
LOCK_TIMEOUT = "1s"


def note(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:  # noqa: ARG001 - Alembic's
    context.config.attributes["applied"].append(step.up_revision_id)
    note_floor(ctx.connection, step.up_revision)


def run() -> None:
    engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
    with engine.connect() as connection:
        # Held by the session, so it outlasts each migration's own transaction.
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        refuse_newer(connection)
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        connection.execute(text(f"set search_path to {SCHEMA}"))
        # Whoever waits for a table holds up all who come after it: rather begin anew.
        connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection,
            version_table="schema_version",
            version_table_schema=SCHEMA,
            transaction_per_migration=True,
            on_version_apply=note,
        )
        context.run_migrations()


run()
