"""Whether a month is empty is asked so that it can be answered where tables are distributed."""

from services.warehouse.migrations.script import run_sql

revision = "0022"
down_revision = "0021"
# Nothing that code sees of the schema has changed.
works_from = "0021"


def upgrade() -> None:
    run_sql("0022_empty_months.sql")
