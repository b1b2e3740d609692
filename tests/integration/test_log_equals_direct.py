"""Two ways into the warehouse, by the log and without it: the same arrivals leave the same."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from shadower.ingest.v1.ingest_service_pb2 import StreamRecordsRequest

from tests.support.keys import KeyRing
from tests.support.log import Log, running_log, written
from tests.support.recording import (
    APRIL,
    FAILED,
    MARCH,
    RUNNING,
    SUCCEEDED,
    event,
    outcomes,
    point,
    run,
)
from tests.support.stack import Environment, Stack

TABLES = ("executions", "execution_keys", "metric_points", "events", "ledger")
ACCOUNT = ("received", "stored", "updated", "duplicate", "rejected")
# What no two workspaces share, whichever way their facts came.
APART = {"workspace_id", "recorded_at", "hour"}
SEEDS = range(4)


@pytest.fixture
async def log(kafka: str, stack: Stack, jwks_file: Path, tmp_path: Path) -> AsyncIterator[Log]:
    environment = Environment(stack.database_url, jwks_file, tmp_path)
    async with running_log(environment, kafka) as running:
        yield running


def arrivals(seed: int, workspace: str) -> list[StreamRecordsRequest]:
    """New items, ones that came before or go on, contradictions, and ones that break a rule."""
    chance = Random(seed)
    return [
        StreamRecordsRequest(
            sequence=number,
            workspace_id=workspace,
            executions=[some_run(chance) for _ in range(8)] + [run("")] * chance.randrange(2),
            metric_points=[some_point(chance) for _ in range(8)],
            events=[some_event(chance) for _ in range(8)] + [event(type=0)] * chance.randrange(3),
        )
        for number in range(12)
    ]


def some_run(chance: Random) -> Any:
    more: dict[str, Any] = {"model": "m", "cost_usd": "1.50", "metadata": {"k": "é"}}
    return run(
        f"r{chance.randrange(20)}",
        status=chance.choice([RUNNING, RUNNING, SUCCEEDED, FAILED]),
        start_time=chance.choice([MARCH, MARCH, APRIL]),
        **(more if chance.random() < 0.3 else {}),
        **({"user_rating": 5} if chance.random() < 0.2 else {}),
    )


def some_point(chance: Random) -> Any:
    value = chance.choice([1, 1, 2.5, float("nan")])
    return point(value, point_id=chance.choice(["", *map(str, range(20))]), tags={"a": "b"})


def some_event(chance: Random) -> Any:
    data = {"n": chance.randrange(2)}
    return event(event_id=chance.choice(["", *map(str, range(20))]), data=data)


async def told(stub: Any, metadata: Any, requests: list[StreamRecordsRequest]) -> set[str]:
    answers = [answer async for answer in stub.StreamRecords(iter(requests), metadata=metadata)]
    assert [answer.sequence for answer in answers] == list(range(len(requests)))
    items = [[*one.executions, *one.metric_points, *one.events] for one in answers]
    return {outcome for of_one in items for outcome in outcomes(of_one)}


def left(url: str, workspace: str) -> dict[str, list[str]]:
    """Rows of all tables, without what is the workspace's own."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return {table: rows(connection, table, workspace) for table in TABLES}


def rows(connection: Any, table: str, workspace: str) -> list[str]:
    found = connection.execute(query(table), [workspace]).fetchall()
    shared = [{name: row[name] for name in row.keys() - APART} for row in found]
    return sorted(str(sorted(row.items())) for row in shared)


def query(table: str) -> str:
    """Of the ledger the sums: its accounts are split where an hour ends meanwhile."""
    if table != "ledger":
        return f"select * from shadower.{table} where workspace_id = %s"
    sums = ", ".join(f"sum({name}) as {name}" for name in ACCOUNT)
    return f"select kind, {sums} from shadower.ledger where workspace_id = %s group by kind"


async def test_what_the_writer_wrote_is_what_ingestion_would_have(
    log: Log, stack: Stack, keys: KeyRing, workspace: str
) -> None:
    """The writer takes many arrivals of several workspaces at once, ingestion one by one."""
    for seed in SEEDS:
        by_log, direct = f"{workspace}-log-{seed}", f"{workspace}-direct-{seed}"
        found = await told(log.ingest, keys.metadata(by_log), arrivals(seed, by_log))
        assert found == {"accepted", "rejected"}
        found = await told(stack.stubs.ingest, keys.metadata(direct), arrivals(seed, direct))
        assert found == {"stored", "updated", "duplicate", "rejected"}
    async with written(log):
        await log.until_written()
    for seed in SEEDS:
        wanted = left(stack.database_url, f"{workspace}-direct-{seed}")
        assert all(wanted.values())
        assert left(stack.database_url, f"{workspace}-log-{seed}") == wanted
