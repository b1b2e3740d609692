"""How long things are kept, what was erased, and how services did."""

from services.warehouse.migrations.script import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_sql("0017_upkeep.sql")
