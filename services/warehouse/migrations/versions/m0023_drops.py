"""Dead letters can be dropped: what was decided about them stands beside them."""

from services.warehouse.migrations.script import run_sql

revision = "0023"
down_revision = "0022"
# Older code does not ask whether a letter was dropped, and shows it as what it was before.
works_from = "0021"


def upgrade() -> None:
    run_sql("0023_drops.sql")
