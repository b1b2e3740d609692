"""Alerts: rules, what came of them, and silences."""

from services.warehouse.migrations.script import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_sql("0014_alerts.sql")
