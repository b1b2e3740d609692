"""Jobs on clocks of time zones, runs that end in any case, and rules that take turns."""

from services.warehouse.migrations.script import run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run_sql("0019_clock.sql")
