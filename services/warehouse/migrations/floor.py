"""Which code works with a schema, as its newest migration says."""

from typing import Any

from sqlalchemy import text

# From this one on the database keeps it.
FIRST_FLOOR = "0021"


def note_floor(connection: Any, revision: Any) -> None:
    """In the migration's own transaction. One that does not say works with its own code alone."""
    if revision.revision < FIRST_FLOOR:
        return
    floor = getattr(revision.module, "works_from", revision.revision)
    connection.execute(
        text("update shadower.schema_version set works_from = :floor"), {"floor": floor}
    )
