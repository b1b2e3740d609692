"""No reading RPC reads a table of facts from end to end, nor months that nobody asked about."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import psycopg
import pytest
from google.protobuf.descriptor_pb2 import MethodOptions

from services.warehouse.queries.interval import Interval
from tests.support.alerts import ALERT, file_alert
from tests.support.contract import methods
from tests.support.dead_letters import file_letter
from tests.support.plans import SETTLED, Planner, Statement
from tests.support.postgres import Server
from tests.support.reads import (
    END,
    HISTORY,
    READS,
    ROLLED,
    START,
    WITHOUT_DATABASE,
    WORKSPACE,
    Read,
    listened_services,
)
from tests.support.reports import file_report
from tests.support.rolling import roll, rolling_database
from tools.history import make_history

READING = MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
Asked = dict[str, list[Statement]]
DROPPED = {
    "executions_pkey": "alter table shadower.executions drop constraint executions_pkey",
    "executions_by_agent": "drop index shadower.executions_by_agent",
    "metric_points_by_type": "drop index shadower.metric_points_by_type",
}


@pytest.fixture(scope="module")
async def history_url(postgres: Server, template: str) -> AsyncIterator[str]:
    url = postgres.create(template)
    await make_history(url, HISTORY)
    file_letter(url, WORKSPACE)
    file_alert(url, WORKSPACE, ALERT)
    file_report(url, WORKSPACE)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
async def asked(history_url: str) -> Asked:
    """The statements of every read."""
    async with listened_services(history_url) as services:
        return {name: await services.statements(read) for name, read in READS.items()}


# Which cells answer.
FROM_CELLS = {
    "hourly metrics": {"execution_cells"},
    "metrics of an agent": {"execution_cells"},
    "metrics by model": {"execution_cells"},
    "hourly points": {"point_cells"},
    "agents": {"execution_cells"},
    "summary": {"execution_cells"},
    "performance": {"execution_cells", "agent_profiles"},
}


@pytest.fixture(scope="module")
async def asked_of_cells(history_url: str) -> Asked:
    """The statements of reads of which cells tell most."""
    async with rolling_database(history_url) as database:
        for workspace in ROLLED:
            await roll(database, workspace, Interval(START, END))
    with psycopg.connect(history_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    async with listened_services(history_url) as services:
        return {name: await services.statements(_of_rolled(name)) for name in FROM_CELLS}


def _of_rolled(name: str) -> Read:
    request = type(READS[name].request)()
    request.CopyFrom(READS[name].request)
    request.workspace_id = ROLLED[1]
    return replace(READS[name], request=request)


@pytest.mark.parametrize("calls", [1, SETTLED])
@pytest.mark.parametrize("name", FROM_CELLS)
def test_cells_are_found_by_indexes(
    history_url: str, asked_of_cells: Asked, name: str, calls: int
) -> None:
    with psycopg.connect(history_url) as connection:
        found = Planner(connection, ROLLED[1]).reading(asked_of_cells[name], calls)
        connection.rollback()
    assert {table for table, _ in found.cells} == FROM_CELLS[name]
    assert {how for _, how in found.cells} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
    assert not found.sequential


@pytest.fixture
def planner(history_url: str) -> Iterator[Planner]:
    """What it does to the database is taken back."""
    with psycopg.connect(history_url) as connection:
        yield Planner(connection, WORKSPACE)
        connection.rollback()


def test_every_reading_rpc_is_asked() -> None:
    reading = {rpc.name for rpc in methods() if rpc.GetOptions().idempotency_level == READING}
    assert {read.rpc for read in READS.values()} == reading - WITHOUT_DATABASE


@pytest.mark.parametrize("calls", [1, SETTLED])
@pytest.mark.parametrize("name", READS)
def test_facts_are_found_by_indexes_in_their_months(
    planner: Planner, asked: Asked, name: str, calls: int
) -> None:
    assert READS[name].objections(planner.reading(asked[name], calls)) == []


@pytest.mark.parametrize("index", DROPPED)
def test_an_index_that_is_gone_is_missed(planner: Planner, asked: Asked, index: str) -> None:
    planner.connection.execute(DROPPED[index])
    found = {name: READS[name].objections(planner.reading(asked[name], 1)) for name in READS}
    missing = {name for name in READS if f"{index} is not used" in found[name]}
    assert missing == {name for name, read in READS.items() if index in read.indexes} != set()


def test_scans_without_indexes_are_noticed(planner: Planner, asked: Asked) -> None:
    for statement in DROPPED.values():
        planner.connection.execute(statement)
    found = READS["hourly metrics"].objections(planner.reading(asked["hourly metrics"], 1))
    assert "executions_2026_04 is read from end to end" in found


def test_months_that_nobody_asked_about_are_noticed(planner: Planner) -> None:
    everything = Statement("select sum(cost_usd) from executions where workspace_id = $1", ["w-07"])
    found = READS["hourly metrics"].objections(planner.reading([everything], 1))
    assert "nobody asked about 2026_03" in found
    assert "nobody asked about 2026_04" not in found
