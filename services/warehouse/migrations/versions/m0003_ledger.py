"""The ledger, and the positions of the log's writers."""

from services.warehouse.migrations.script import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql("0003_ledger.sql")
