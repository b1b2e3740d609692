"""Sessions in the database: each for one workspace, which row-level security enforces."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf
from typing import Any

import asyncpg

from services.runtime.faults import CannotServeError, DeadlineExceeded, Unavailable
from services.runtime.freshness import asked_freshness
from services.runtime.pool import Connection, Pool
from services.warehouse.facts.horizon import Horizon, horizon_of
from services.warehouse.failures import MISSING, NO_ROLE, UNREACHABLE, is_of_no_role
from services.warehouse.replica import Lent, Replica, giving_way
from services.warehouse.rollups.levels import Cuboid, Level, Rolled, Sort
from services.warehouse.rollups.ranges import to_cells
from services.warehouse.schema import NO_SCHEMA, AppliedSchema
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

# Somebody has to make space first.
FULL_DELAY = timedelta(seconds=10)


@dataclass(frozen=True)
class Session:
    """A transaction in one workspace. A reading one sees everything committed by `as_of`, and
    everything acknowledged by `complete_until`; it knows which cells agree with that."""

    connection: Connection
    workspace_id: str
    as_of: datetime
    complete_until: datetime | None = None
    """None if that is not known: nobody has written the log yet."""
    revision: int = 0
    """The number of the last change that a reading one sees; 0 before the first."""
    horizon: Horizon = field(default_factory=Horizon)
    """From when on there are facts and cells; of a reading one."""
    rolled: Rolled = field(default_factory=dict)
    cost_limit: float = inf
    """What a statement may cost that reads facts, in units of PostgreSQL's planner."""


@dataclass(frozen=True)
class Transaction:
    """Goes from workspace to workspace; in each it sees and writes what is that workspace's."""

    connection: Any

    async def enter(self, workspace_id: str) -> Session:
        """Sessions that were entered before must not be used any more."""
        return await _enter(self.connection, workspace_id)


class UnwritableError(Exception):
    """PostgreSQL refuses rows that our rules let pass: a defect of ours, no retry would help."""


class NoPartitionError(UnwritableError):
    """There is no partition for the month of a fact."""


class Database:
    """Opens sessions. What may be tried again, or took too long, leaves as a fault."""

    def __init__(
        self,
        pool: Pool,
        cost_limit: float = inf,
        log_topic: str | None = None,
        replica: Replica | None = None,
    ) -> None:
        """The topic is that of the log by which facts come; None if they come straight."""
        self._pool = pool
        self._replica = replica
        self._cost_limit = cost_limit
        self._log_topic = log_topic

    @asynccontextmanager
    async def reading(self, workspace_id: str) -> AsyncIterator[Session]:
        """Several queries over one snapshot: the newest one or, if who asks is content with an
        earlier one, perhaps a replica's."""
        with driver_errors_as_faults():
            async with self._lent() as lent:
                if lent is not None:
                    with giving_way():
                        async with self._snapshot(lent.connection, workspace_id) as session:
                            yield _as_of(lent.mark.time, session, self._log_topic)
                    return
            async with (
                self._pool.acquire() as connection,
                self._snapshot(connection, workspace_id) as session,
            ):
                yield session

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Lent | None]:
        freshness = asked_freshness()
        if self._replica is None or freshness is None:
            yield None
            return
        async with self._replica.lent(freshness) as lent:
            if lent is not None:
                freshness.rests_on(lent.mark.moment)
            yield lent

    @asynccontextmanager
    async def _snapshot(self, connection: Any, workspace_id: str) -> AsyncIterator[Session]:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            session = await _enter_reading(connection, workspace_id, self._log_topic)
            yield replace(await _with_known(session), cost_limit=self._cost_limit)

    @asynccontextmanager
    async def writing(self, workspace_id: str) -> AsyncIterator[Session]:
        """All of it is committed, or nothing is."""
        async with self.transaction() as transaction:
            yield await transaction.enter(workspace_id)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Transaction"]:
        """All that is done in any workspace is committed, or nothing is."""
        with driver_errors_as_faults():
            async with self._pool.acquire() as connection, connection.transaction():
                yield Transaction(connection)

    async def ensure_month(self, fact_table: str, month: datetime) -> None:
        """Makes sure that there is a partition for a time."""
        with driver_errors_as_faults():
            await self._pool.execute(QUERIES["ensure_month"], fact_table, month)

    async def trouble(self, schema_version: str) -> str:
        """What keeps this code from working with the database for now; "" if nothing does.

        Raises CannotServeError if the database is ahead of this code.
        """
        try:
            applied = await self._applied_schema()
        except (*UNREACHABLE, asyncpg.PostgresError, TimeoutError) as error:
            return f"database: {error or type(error).__name__}"
        trouble = applied.trouble(schema_version)
        if applied.is_beyond(schema_version):
            raise CannotServeError(trouble)
        return trouble

    async def _applied_schema(self) -> AppliedSchema:
        try:
            row = await self._pool.fetchrow(QUERIES["schema_version"], timeout=5)
        except (asyncpg.UndefinedTableError, *NO_ROLE):
            return NO_SCHEMA
        return AppliedSchema(**dict(row)) if row else NO_SCHEMA


async def _enter(connection: Any, workspace_id: str) -> Session:
    as_of = await connection.fetchval(QUERIES["enter_workspace"], workspace_id)
    return Session(connection, workspace_id, as_of)


async def _enter_reading(connection: Any, workspace_id: str, log_topic: str | None) -> Session:
    seen = await connection.fetchrow(QUERIES["enter_reading"], workspace_id, log_topic)
    return Session(connection, workspace_id, seen["as_of"], seen["complete_until"])


def _as_of(time: datetime, session: Session, log_topic: str | None) -> Session:
    """What a replica knows is true as of the primary's clock, not of its own."""
    until = session.complete_until if log_topic else time
    return replace(session, as_of=time, complete_until=min(until, time) if until else None)


async def plan_by_values(session: Session) -> None:
    """From now on, statements of the session are planned for the values that they have."""
    await session.connection.execute(QUERIES["plan_by_values"])


async def _with_known(session: Session) -> Session:
    rows = await session.connection.fetch(QUERIES["known"], session.workspace_id)
    agreeing = [(sort_of(row), row["spans"]) for row in rows if row["level"]]
    rolled = {sort: to_cells(sort.level, spans) for sort, spans in agreeing}
    if not rows:
        return session
    return replace(
        session, revision=rows[0]["revision"], rolled=rolled, horizon=horizon_of(rows[0])
    )


def sort_of(row: Any) -> Sort:
    """From its level and cuboid."""
    return Sort(Level(row["level"]), Cuboid(row["cuboid"]))


@contextmanager
def driver_errors_as_faults() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise  # Also an OSError, but about the caller's deadline, not about the database.
    except asyncpg.QueryCanceledError as cancelled:
        raise DeadlineExceeded("DEADLINE_EXCEEDED", "the query took too long") from cancelled
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as refused:
        # Some are InterfaceErrors too.
        raise (_too_early() if is_of_no_role(refused) else _unwritable(refused)) from refused
    except (*MISSING, asyncpg.UndefinedObjectError) as missing:
        raise _too_early() from missing
    except asyncpg.DiskFullError as full:
        raise Unavailable(
            "STORAGE_FULL", "the database has no space left", retry_after=FULL_DELAY
        ) from full
    except UNREACHABLE as unreachable:
        raise Unavailable("DATABASE_UNAVAILABLE", "the database cannot be reached") from unreachable


def _too_early() -> Unavailable:
    return Unavailable("DATABASE_UNAVAILABLE", "the database waits for a migration")


def _unwritable(refused: Exception) -> UnwritableError:
    """Of checks, only that of partitions has no name."""
    is_of_partitions = isinstance(refused, asyncpg.CheckViolationError) and not getattr(
        refused, "constraint_name", None
    )
    return (NoPartitionError if is_of_partitions else UnwritableError)(str(refused))


def rows_affected(status: str) -> int:
    """The number at the end of what PostgreSQL says of a statement: "INSERT 0 7"."""
    return int(status.rpartition(" ")[2])
