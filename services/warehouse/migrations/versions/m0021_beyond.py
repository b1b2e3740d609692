"""The schema says which code works with it, and how a workspace is entered."""

from services.warehouse.migrations.script import run_sql

revision = "0021"
down_revision = "0020"
# Code before this one takes no schema but its own.
works_from = "0021"


def upgrade() -> None:
    run_sql("0021_beyond.sql")
