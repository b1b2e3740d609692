"""Lets cells follow when runs change, in the transaction that changes them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.warehouse.database import Session
from services.warehouse.facts.model import RunChange
from services.warehouse.rollups.keeping import keep
from services.warehouse.rollups.ledger import take, take_points
from services.warehouse.rollups.levels import LONGEST_RUN, Level
from services.warehouse.rollups.spans import Spans, spans_of, to_microseconds


async def follow_points(session: Session, times: Iterable[datetime]) -> None:
    """Of points that are new. Needs the workspace's lock."""
    await take_points(session, Level.HOUR.containing(map(to_microseconds, times)))


async def follow(session: Session, changes: Sequence[RunChange]) -> None:
    """Adds to the cells that are kept right. What cannot follow is taken out of the ledger, until
    it is rolled up again. Needs the workspace's lock."""
    times = {to_microseconds(run.started_at) for change in changes for run in change if run}
    kept = await keep(session, changes, Level.HOUR.containing(times))
    await take(session, Level.SLOT.containing(times), kept, lasting=_lasting(changes))


def _lasting(changes: Sequence[RunChange]) -> Spans:
    """The time in which changed runs count as under way, as far as that is known."""
    runs = (run for change in changes for run in change if run)
    spans = (
        (to_microseconds(run.started_at), to_microseconds(run.ended_at))
        for run in runs
        if run.ended_at
    )
    return spans_of((start, min(end, start + LONGEST_RUN)) for start, end in spans)
