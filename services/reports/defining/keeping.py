"""Definitions as their owners make and change them."""

from datetime import datetime

from shadower.reports.v1.report_definition_pb2 import ReportDefinition

from services.reports.definitions import next_due, read, write
from services.runtime.faults import AlreadyExists
from services.translation.ids import etag_of
from services.warehouse.database import Session
from services.warehouse.reports.definitions import (
    KeptDefinition,
    NewDefinition,
    create_definition,
    find_definition,
    get_definition,
    get_definition_to_change,
    replace_definition,
    take_turn,
)


async def make_definition(
    session: Session, definition_id: str, message: ReportDefinition, by: str
) -> KeptDefinition:
    """Raises AlreadyExists or ResourceExhausted."""
    await take_turn(session)
    known = await find_definition(session, definition_id)
    if known is None:
        await create_definition(session, _new(definition_id, message, by, session.as_of))
        return await get_definition(session, definition_id)
    if read(known.definition) != message:
        raise AlreadyExists(
            "REPORT_DEFINITION_EXISTS",
            f"there is a definition {definition_id} that says something else",
            metadata={"definitionId": definition_id},
        )
    return known


async def change_definition(
    session: Session, definition_id: str, message: ReportDefinition, etag: str, by: str
) -> KeptDefinition:
    """Raises NotFound or AlreadyExists."""
    known = await get_definition_to_change(session, definition_id)
    if read(known.definition) == message:
        return known
    if etag != etag_of(known):
        raise AlreadyExists(
            "REPORT_DEFINITION_CHANGED",
            f"definition {definition_id} was changed since",
            metadata={"definitionId": definition_id, "etag": etag_of(known)},
        )
    # What is due already stays due, and is made by what it says now.
    is_due = known.due_at is not None and known.due_at <= session.as_of
    since = known.due_at if is_due and known.due_at else session.as_of
    new = _new(definition_id, message, by, since)
    await replace_definition(session, new)
    return await get_definition(session, definition_id)


def _new(definition_id: str, message: ReportDefinition, by: str, since: datetime) -> NewDefinition:
    return NewDefinition(
        definition_id=definition_id,
        definition=write(message),
        updated_by=by,
        due_at=next_due(message, since),
    )
