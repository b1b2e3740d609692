"""Who may come in: revoked tokens, keys of programs, and the audit log."""

from services.warehouse.migrations.script import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql("0011_access.sql")
