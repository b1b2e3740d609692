"""An account of what could not be read."""

from services.warehouse.migrations.script import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql("0006_unreadable.sql")
