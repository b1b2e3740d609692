"""Drops months of facts as a whole, where no workspace keeps any of it."""

from datetime import datetime

from services.warehouse.database import Database
from services.warehouse.retention.removing import Remover, Work, busy_as_remaining
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
# To count what is in a month takes a while; only what comes after that holds anybody up.
LONGEST_SECONDS = 300
FACT_TABLES = ("executions", "spans", "metric_points", "events")


class Partitions:
    """Of all tables of facts."""

    def __init__(self, database: Database, remover: Remover) -> None:
        self._database = database
        self._remover = remover

    async def drop_before(self, work: Work, until: datetime) -> None:
        """Months that lie before it as a whole, and hold nothing that anybody keeps."""
        for table in FACT_TABLES:
            async with self._database.transaction() as transaction:
                months = await transaction.connection.fetch(QUERIES["months"], table, until)
            for month in months:
                if not work.has_time:
                    return
                await self._drop(work, table, month["partition_name"], month["first_day"])

    async def _drop(self, work: Work, table: str, name: str, first_day: datetime) -> None:
        async with self._database.transaction() as transaction:
            workspaces = await transaction.connection.fetchval(
                QUERIES["workspaces"], table, first_day
            )
        if workspaces is None:
            return
        for workspace_id in workspaces if table == "executions" else ():
            await self._remover.remove_keys(work, workspace_id, first_day, _next_month(first_day))
        with busy_as_remaining(work):
            async with self._database.transaction() as transaction:
                await transaction.connection.execute(QUERIES["be_quick"])
                gone = await transaction.connection.fetchval(
                    QUERIES["drop"], table, first_day, timeout=LONGEST_SECONDS
                )
            if gone is not None:
                work.partitions.append(name)
                work.rows.update({table: gone} if gone else {})


def _next_month(first_day: datetime) -> datetime:
    years, months = divmod(first_day.month, 12)
    return first_day.replace(year=first_day.year + years, month=months + 1)
