"""Reports: definitions, what was made by them, and links to it."""

from services.warehouse.migrations.script import run_sql

revision = "0016"
down_revision = "0014"


def upgrade() -> None:
    run_sql("0016_reports.sql")
