"""Row-level security and the role of the services."""

from services.warehouse.migrations.script import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql("0002_tenancy.sql")
