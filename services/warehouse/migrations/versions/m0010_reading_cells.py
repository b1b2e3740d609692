"""Cells of a quarter of a day, and bins as they are."""

from services.warehouse.migrations.script import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql("0010_reading_cells.sql")
