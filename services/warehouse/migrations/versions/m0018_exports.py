"""Exports: a role that reads executions, and nothing else."""

from services.warehouse.migrations.script import run_sql

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    run_sql("0018_exports.sql")
