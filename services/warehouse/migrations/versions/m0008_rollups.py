"""Cells of executions, and which of them agree with the facts."""

from services.warehouse.migrations.script import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql("0008_rollups.sql")
