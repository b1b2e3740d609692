"""The outbox of the event bus, the positions of its groups, and dead letters."""

from services.warehouse.migrations.script import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql("0004_bus.sql")
