"""A cell that is all of its group tells its percentiles; of others, the bins are merged.

Shown by damage: who reads what was damaged shows it.
"""

from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest
from shadower.common.v1.granularity_pb2 import Granularity

from services.warehouse.database import Database
from services.warehouse.queries.interval import Interval
from tests.support.keys import KeyRing
from tests.support.rolling import roll
from tests.support.runs import Client, generated_runs, interval
from tests.support.stack import Stack

START = datetime(2025, 3, 3, tzinfo=UTC)
DAY = timedelta(days=1)
TWO_DAYS = Interval(START, START + 2 * DAY)
NEVER = 12_345_678.0
DAMAGE = (
    "update shadower.execution_cells set duration_percentiles = array_fill(%s::float8, array[5])"
    " where workspace_id = %s and level = 'day' and cuboid = 'workspace'"
)


@pytest.fixture
async def client(stack: Stack, keys: KeyRing, rolling: Database) -> Client:
    """Of a workspace whose days tell percentiles that are wrong."""
    filled = Client.of_new_workspace(stack.stubs, keys)
    await filled.record(generated_runs(Random(5), 200, START, 2 * DAY))
    await roll(rolling, filled.workspace, TWO_DAYS)
    with psycopg.connect(stack.database_url) as database:
        assert database.execute(DAMAGE, [NEVER, filled.workspace]).rowcount == 2
    return filled


async def p95s(client: Client, start: datetime, end: datetime, granularity: int) -> list[float]:
    answer = await client.metrics(
        metrics=["duration_p95"], interval=interval(start, end), granularity=granularity
    )
    return [point.value.real for point in answer.time_series[0].points]


async def test_a_bucket_that_is_one_cell_is_told_by_it(client: Client) -> None:
    found = await p95s(client, START, START + 2 * DAY, Granularity.GRANULARITY_DAY)
    assert found == [NEVER, NEVER]


async def test_what_is_more_than_one_cell_is_merged(client: Client) -> None:
    whole = await p95s(client, START, START + 2 * DAY, Granularity.GRANULARITY_UNSPECIFIED)
    clipped = await p95s(client, START + DAY / 2, START + 2 * DAY, Granularity.GRANULARITY_DAY)
    assert len(whole) == 1
    assert NEVER not in whole
    assert len(clipped) == 2
    assert clipped[0] != NEVER
    assert clipped[1] == NEVER
