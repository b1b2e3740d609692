"""How far each partition of the log has been written, fenced against who has lost it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.warehouse.database import Database, Session, Transaction, rows_affected
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


@dataclass(frozen=True)
class Advance:
    """A partition's way from one offset to the next that is not written yet."""

    topic: str
    partition: int
    before: int
    after: int
    complete_until: datetime | None = None
    """What was acknowledged by then lies before `after`; None: nobody has looked."""


class FencedError(Exception):
    """Somebody else has written the partition: this writer has lost it."""


async def fetch_position(database: Database, topic: str, partition: int) -> int:
    """The next offset to be written; 0 of a partition that nobody has written yet."""
    async with database.transaction() as transaction:
        await transaction.connection.execute(QUERIES["begin_positions"], topic, partition + 1)
        found = await transaction.connection.fetchval(QUERIES["position"], topic, partition)
    return int(found)


async def fetch_positions(database: Database, topic: str) -> Mapping[int, int]:
    """The next offset to be written, of the partitions of which any is."""
    async with database.transaction() as transaction:
        rows = await transaction.connection.fetch(QUERIES["positions"], topic)
    return {row["partition"]: row["next_offset"] for row in rows}


async def begin_positions(database: Database, topic: str, partitions: int) -> None:
    """From now on nobody calls the topic complete before all of these partitions are."""
    async with database.transaction() as transaction:
        await transaction.connection.execute(QUERIES["begin_positions"], topic, partitions)


async def fetch_moment(database: Database) -> datetime:
    """By the database's clock, which is the one that answers tell their time by."""
    async with database.transaction() as transaction:
        moment: datetime = await transaction.connection.fetchval(QUERIES["moment"])
    return moment


async def note_complete(
    database: Database, topic: str, ends: Mapping[int, int], moment: datetime
) -> None:
    """Of partitions that are written up to the ends that they had at the moment or later.

    What another one has written since, or not yet, it passes over.
    """
    values = (topic, list(ends), list(ends.values()), moment)
    async with database.transaction() as transaction:
        await transaction.connection.execute(QUERIES["note_complete"], *values)


async def entries_behind(session: Session, topic: str, partition: int, end: int) -> int:
    """How many entries before the end are not in what the session sees."""
    found = await session.connection.fetchval(QUERIES["position"], topic, partition)
    return max(0, end - int(found or 0))


async def move_position(transaction: Transaction, advance: Advance) -> None:
    """Raises FencedError, and nothing of the transaction may be committed then."""
    partition = (advance.topic, advance.partition)
    step = (advance.before, advance.after, advance.complete_until)
    status = await transaction.connection.execute(QUERIES["move_position"], *partition, *step)
    if rows_affected(status) != 1:
        raise FencedError(f"{advance.topic}/{advance.partition} is not at {advance.before}")
