"""Spans of traces."""

from services.warehouse.migrations.script import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql("0005_spans.sql")
