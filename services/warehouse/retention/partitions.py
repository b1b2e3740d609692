"""Drops months of facts that hold none any more."""

from datetime import datetime

from services.warehouse.database import Database
from services.warehouse.retention.removing import Work, busy_as_remaining
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
# To look into a month of which much was removed takes a while, and holds nobody up.
LONGEST_SECONDS = 300
FACT_TABLES = ("executions", "spans", "metric_points", "events")


class Partitions:
    """Of all tables of facts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def drop_before(self, work: Work, until: datetime) -> None:
        """Months that lie before it as a whole, after their rows were removed."""
        for table in FACT_TABLES:
            async with self._database.transaction() as transaction:
                months = await transaction.connection.fetch(QUERIES["months"], table, until)
            for month in months:
                if not work.has_time:
                    return
                await self._drop(work, table, month["partition_name"], month["first_day"])

    async def _drop(self, work: Work, table: str, name: str, first_day: datetime) -> None:
        with busy_as_remaining(work):
            is_empty = await self._ask("may_take_long", "is_empty", table, first_day)
            if is_empty and await self._ask("be_quick", "drop", table, first_day):
                work.partitions.append(name)

    async def _ask(self, bounds: str, query: str, table: str, first_day: datetime) -> bool:
        async with self._database.transaction() as transaction:
            await transaction.connection.execute(QUERIES[bounds])
            found: bool = await transaction.connection.fetchval(
                QUERIES[query], table, first_day, timeout=LONGEST_SECONDS
            )
        return found
