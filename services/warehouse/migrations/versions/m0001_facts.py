"""Facts and their partitions."""

from services.warehouse.migrations.script import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql("0001_facts.sql")
