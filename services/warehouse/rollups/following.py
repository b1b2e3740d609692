"""Lets cells follow when runs change, in the transaction that changes them."""

from collections.abc import Sequence

from services.warehouse.database import Session
from services.warehouse.facts.model import RunChange
from services.warehouse.rollups.keeping import keep
from services.warehouse.rollups.ledger import take
from services.warehouse.rollups.levels import Level
from services.warehouse.rollups.spans import to_microseconds


async def follow(session: Session, changes: Sequence[RunChange]) -> None:
    """Adds to the cells that are kept right. What cannot follow is taken out of the ledger, until
    it is rolled up again. Needs the workspace's lock."""
    times = {to_microseconds(run.started_at) for change in changes for run in change if run}
    touched = Level.HOUR.containing(times)
    await take(session, touched, await keep(session, changes, touched))
