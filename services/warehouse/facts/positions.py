"""How far each partition of the log has been written, fenced against who has lost it."""

from dataclasses import dataclass

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


class FencedError(Exception):
    """Somebody else has written the partition: this writer has lost it."""


async def fetch_position(database: Database, topic: str, partition: int) -> int:
    """The next offset to be written; 0 of a partition that nobody has written yet."""
    async with database.transaction() as transaction:
        await transaction.connection.execute(QUERIES["begin_position"], topic, partition)
        found = await transaction.connection.fetchval(QUERIES["position"], topic, partition)
    return int(found)


async def entries_behind(session: Session, topic: str, partition: int, end: int) -> int:
    """How many entries before the end are not in what the session sees."""
    found = await session.connection.fetchval(QUERIES["position"], topic, partition)
    return max(0, end - int(found or 0))


async def move_position(transaction: Transaction, advance: Advance) -> None:
    """Raises FencedError, and nothing of the transaction may be committed then."""
    status = await transaction.connection.execute(
        QUERIES["move_position"], advance.topic, advance.partition, advance.before, advance.after
    )
    if rows_affected(status) != 1:
        raise FencedError(f"{advance.topic}/{advance.partition} is not at {advance.before}")
