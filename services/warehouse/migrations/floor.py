"""Which code works with a schema, as its newest migration says."""

from typing import Any

from sqlalchemy import text

from services.warehouse.schema import AppliedSchema, NewerSchemaError, schema_version

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


def refuse_newer(connection: Any) -> None:
    """Raises NewerSchemaError if it was brought there by migrations that this code has not."""
    is_there = text("select to_regclass('shadower.schema_version') is not null")
    if not connection.execute(is_there).scalar():
        return
    # The column came later than the table.
    question = text("""
        select version_num, coalesce(to_jsonb(applied) ->> 'works_from', version_num)
        from shadower.schema_version applied
    """)
    for version, works_from in connection.execute(question):
        if version > schema_version():
            raise NewerSchemaError(AppliedSchema(version, works_from), schema_version())
