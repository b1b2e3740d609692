"""A database of a test's own, as writers, readers and whoever keeps house see it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg

from services.runtime.failpoints import Failpoints
from services.runtime.pool import UPKEEP_ROLE, open_pool
from services.upkeep.applying import Applier, Scope
from services.warehouse.database import Database
from services.warehouse.facts.model import (
    ErrorType,
    Event,
    Execution,
    FactKind,
    MetricPoint,
    Status,
)
from services.warehouse.facts.recorder import Batch, Recorder
from services.warehouse.facts.staging import create_staging
from services.warehouse.queries.functions import over_points
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.labels import dimension
from services.warehouse.queries.profiles import fetch_whole_pieces, profile_of
from services.warehouse.queries.registry import MEASURES
from services.warehouse.queries.selection import Filter, Selection
from services.warehouse.queries.sources import Points
from services.warehouse.retention.removing import Remover, Work
from services.warehouse.retention.workspaces import EveryWorkspace
from tests.support.bus import settings_of
from tests.support.rolling import verify

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BATCH = 7
KINDS = {
    Execution: FactKind.EXECUTION,
    MetricPoint: FactKind.METRIC_POINT,
    Event: FactKind.EVENT,
}
DEPTH = "queue.depth"
OF_POINTS = ("count", "sum", "average", "minimum", "maximum")


def days_ago(days: float) -> datetime:
    """Before the last midnight in UTC."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - days * DAY


def some_runs(random: Random, first: datetime, length: timedelta, count: int) -> list[Execution]:
    """Of three agents and five users. Few of them are in one hour."""
    return [_some_run(random, first + random.random() * length) for _ in range(count)]


def _some_run(random: Random, start: datetime) -> Execution:
    fails = random.random() < 0.2
    return Execution(
        execution_id=f"run-{random.getrandbits(64):x}",
        started_at=start,
        status=Status.FAILED if fails else Status.SUCCEEDED,
        error_type=ErrorType.TIMEOUT if fails else None,
        error_message=f"no answer after {random.randrange(9)} s" if fails else None,
        agent_id=f"agent-{random.choice('abc')}",
        ended_at=start + random.random() * random.choice([1, 600]) * timedelta(minutes=1),
        user_id=random.choice([None, *(f"user-{number}" for number in range(5))]),
        model=random.choice([None, "m-1", "m-2"]),
        input_tokens=random.choice([None, random.randrange(10_000)]),
        output_tokens=random.randrange(10_000),
    )


def some_points(
    random: Random, first: datetime, length: timedelta, count: int
) -> list[MetricPoint]:
    return [
        MetricPoint(
            first + random.random() * length, f"p-{random.getrandbits(64):x}", DEPTH, number
        )
        for number in range(count)
    ]


@dataclass(frozen=True)
class House:
    """What is done in it, by whom."""

    url: str
    database: Database
    keeping: Database
    recorder: Recorder
    applier: Applier

    async def record(self, workspace: str, facts: list[Any]) -> list[str]:
        """Facts of one kind. What became of each."""
        kind = KINDS[type(facts[0])]
        [recorded] = await self.recorder.record([Batch(workspace, {kind: facts})])
        return [one.outcome.value for one in recorded[kind]]

    async def apply(self, workspace: str, *scopes: Scope, seconds: float = 60) -> Work:
        return await self.applier.apply(workspace, scopes or tuple(Scope), seconds)

    async def answers(self, workspace: str, asked: Interval) -> list[Any]:
        """All that rollups answer, by all that they tell apart."""
        dimensions = ([], ["agent_id"], ["model"], ["status", "error_type"])
        async with self.database.reading(workspace) as session:
            of_runs = [
                await fetch_grouped(
                    session,
                    GroupedQuery(
                        Selection(asked), list(MEASURES.values()), list(map(dimension, names))
                    ),
                )
                for names in dimensions
            ]
            of_points = await fetch_grouped(
                session,
                GroupedQuery(
                    Selection(asked),
                    [over_points(name, 0, 1) for name in OF_POINTS],
                    source=Points((DEPTH,)),
                ),
            )
            profile = profile_of(await fetch_whole_pieces(session, "agent-a", asked))
        return [*of_runs, of_points, profile]

    async def by_user(self, workspace: str, asked: Interval) -> list[Any]:
        """What only facts tell."""
        query = GroupedQuery(
            Selection(asked, Filter(user_ids=("user-1",))), [MEASURES["executions"]]
        )
        async with self.database.reading(workspace) as session:
            return await fetch_grouped(session, query)

    async def differences(self, workspace: str) -> list[Any]:
        """What VerifyRollups would repair."""
        return [one for one in await verify(self.database, workspace) if one.differences]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            connection.execute("set search_path to shadower")
            return connection.execute(query, values).fetchall()

    def execute(self, query: str, *values: Any) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("set search_path to shadower")
            connection.execute(query, values)


@asynccontextmanager
async def house_of(url: str) -> AsyncIterator[House]:
    settings = settings_of(url)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings, prepare=create_staging))
        keepers = open_pool(settings, UPKEEP_ROLE, prepare=create_staging)
        keeping_pool = await stack.enter_async_context(keepers)
        database, keeping = Database(pool), Database(keeping_pool)
        applier = Applier(keeping, EveryWorkspace(keeping_pool), Remover(keeping, BATCH))
        yield House(url, database, keeping, Recorder(database, Failpoints("")), applier)


def file_erasure(database_url: str, workspace: str, erasure_id: str) -> None:
    """One that nobody asked for."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "insert into shadower.erasures"
            " (workspace_id, erasure_id, scope, salt, hash, requested_by, step)"
            " values (%s, %s, 'user', '', '', 'a', 'log')",
            (workspace, erasure_id),
        )
