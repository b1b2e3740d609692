"""Different users of times that overlap."""

from collections.abc import Mapping, Sequence
from itertools import chain

from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.packed import users_unmerged
from services.warehouse.queries.selection import Selection
from services.warehouse.rollups import users

Portion = tuple[list[bytes] | None, bytes | None]
"""Sketches, and hashes that are in none."""


async def fetch_users(session: Session, intervals: Sequence[Interval]) -> list[int]:
    """How many there are in each. Together, the intervals have no gap."""
    times = sorted({time for one in intervals for time in (one.start, one.end)})
    pieces = Buckets(tuple(times[:-1]), times[-1])
    query = GroupedQuery(Selection(pieces.whole), [users_unmerged()], buckets=pieces)
    rows = await fetch_grouped(session, query)
    portions: dict[int | None, Portion] = {row.bucket: row.values[0] for row in rows}
    numbers = {time: number for number, time in enumerate(times, start=1)}
    asked = [range(numbers[one.start], numbers[one.end]) for one in intervals]
    counted = {some: _count(portions, some) for some in set(asked)}
    return [counted[some] for some in asked]


def _count(portions: Mapping[int | None, Portion], numbers: range) -> int:
    found = [portions[number] for number in numbers if number in portions]
    sketches = chain.from_iterable(some or () for some, _ in found)
    return users.count(list(sketches), b"".join(hashes or b"" for _, hashes in found))
