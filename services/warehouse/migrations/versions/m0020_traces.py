"""Where in a trace an event was published."""

from services.warehouse.migrations.script import run_sql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    run_sql("0020_traces.sql")
