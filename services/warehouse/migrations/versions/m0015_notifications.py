"""Notifications: targets, what is to be delivered to them, and what came of it."""

from services.warehouse.migrations.script import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run_sql("0015_notifications.sql")
