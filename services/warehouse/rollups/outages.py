"""Outages of an agent, from parts of a time to the whole of it. Pure.

Decided runs stand in the order of their starts. An outage lasts from the start of a first run that
did not succeed to the start of the next that did.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from services.warehouse.rollups.spans import to_microseconds


@dataclass(frozen=True)
class Outages:
    """What parts of a time have to tell of the decided runs in it, of which there is at least one.

    `ended` and `outage_us` are about outages that a run of this time has ended, as if nothing had
    been before; `failing_since` is when the one began that none has ended.
    """

    first_decided_at: datetime
    last_decided_at: datetime
    begins_failing: bool
    has_succeeded: bool
    failing_since: datetime | None
    ended: int
    outage_us: int


def joined(parts: Iterable[Outages | None]) -> Outages | None:
    """Of parts in the order of time that follow each other."""
    found = [part for part in parts if part]
    return reduce(_join, found) if found else None


def _join(before: Outages, after: Outages) -> Outages:
    if before.failing_since is None:
        return _after(before, after, more=0, longer=0)
    if not after.has_succeeded:
        return replace(before, last_decided_at=after.last_decided_at)
    # Its first outage is ours, but began earlier; or its first run ended ours.
    longer = _microseconds(before.failing_since, after.first_decided_at)
    return _after(before, after, more=int(not after.begins_failing), longer=longer)


def _after(before: Outages, after: Outages, *, more: int, longer: int) -> Outages:
    return replace(
        after,
        first_decided_at=before.first_decided_at,
        begins_failing=before.begins_failing,
        has_succeeded=True,
        ended=before.ended + after.ended + more,
        outage_us=before.outage_us + after.outage_us + longer,
    )


def _microseconds(start: datetime, end: datetime) -> int:
    return to_microseconds(end) - to_microseconds(start)
