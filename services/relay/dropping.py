"""Says of dead letters that they will not be handed over."""

from collections.abc import Sequence
from uuid import UUID

from services.relay.replaying import unknown_letter
from services.runtime.faults import AlreadyExists, Fault
from services.warehouse.bus.drops import Drop, Standing, State, drop_letters
from services.warehouse.database import Session


async def drop(
    session: Session, letter_ids: Sequence[UUID], by: str, reason: str
) -> list[Drop | Fault]:
    """What became of each."""
    known = await drop_letters(session, letter_ids, by, reason)
    return [_outcome(one, known.get(one)) for one in letter_ids]


def _outcome(letter_id: UUID, found: Standing | None) -> Drop | Fault:
    # One that is open was filed after the others were dropped.
    if found is None or found.state is State.OPEN:
        return unknown_letter(letter_id)
    if found.state is State.REPLAYED or found.drop is None:
        return _was_replayed(letter_id)
    return found.drop


def _was_replayed(letter_id: UUID) -> AlreadyExists:
    return AlreadyExists(
        "DEAD_LETTER_REPLAYED",
        f"the dead letter {letter_id} was replayed already",
        metadata={"deadLetterId": str(letter_id)},
    )
