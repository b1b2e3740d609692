"""Lets a migration be what it is: a file of SQL."""

from pathlib import Path

from alembic import op

VERSIONS = Path(__file__).parent / "versions"


def run_sql(name: str) -> None:
    connection = op.get_bind()
    # The driver's own execute takes several statements; SQLAlchemy's would look for parameters.
    connection.connection.cursor().execute((VERSIONS / name).read_text())
