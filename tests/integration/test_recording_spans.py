"""Spans in the database: whatever order they come in, the same executions follow."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from services.runtime.failpoints import Failpoints
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.facts.model import Execution, FactKind, Outcome, Status
from services.warehouse.facts.recorder import Batch, Recorder
from services.warehouse.facts.staging import create_staging
from services.warehouse.traces import recorder as spans_recorder
from services.warehouse.traces.model import Span, SpanKind
from tests.support.postgres import Server
from tests.support.traces import START, TRACE, expected, sid, span, traces

STORED, DUPLICATE = Outcome.STORED, Outcome.DUPLICATE


class Warehouse:
    """Records spans, and looks into the tables behind."""

    def __init__(self, database: Database, url: str) -> None:
        self.database = database
        self._recorder = Recorder(database, Failpoints())
        self._url = url

    async def record(self, workspace: str, *spans: Span) -> list[Outcome]:
        return await self.record_facts(workspace, FactKind.SPAN, *spans)

    async def record_facts(self, workspace: str, kind: FactKind, *facts: Any) -> list[Outcome]:
        [recorded] = await self._recorder.record([Batch(workspace, {kind: facts})])
        return [one.outcome for one in recorded[kind]]

    def rows(self, workspace: str, table: str = "executions") -> list[dict[str, Any]]:
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            query = f"select * from shadower.{table} where workspace_id = %s"
            return connection.execute(query, [workspace]).fetchall()

    def told(self, workspace: str) -> dict[str, dict[str, Any]]:
        return {row["execution_id"]: row for row in self.rows(workspace)}


@pytest.fixture(scope="module")
async def warehouse(postgres: Server, template: str, jwks_file: Path) -> AsyncIterator[Warehouse]:
    url = postgres.create(template)
    settings = Settings(DATABASE_URL=url, jwks_file=jwks_file)
    async with open_pool(settings, prepare=create_staging) as pool:
        yield Warehouse(Database(pool), url)
    postgres.drop(url)


def same(told: dict[str, dict[str, Any]], wanted: dict[str, dict[str, Any]]) -> bool:
    return {
        one: {name: row[name] for name in wanted.get(one, {})} for one, row in told.items()
    } == wanted


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(trace=traces(), seed=st.integers())
async def test_any_order_partition_and_repetition_gives_the_same(
    warehouse: Warehouse, trace: list[Span], seed: int
) -> None:
    workspace, dice = f"w-{uuid.uuid4().hex}", Random(seed)
    arrivals = dice.sample(trace, len(trace)) + dice.choices(trace, k=3)
    seen: set[str] = set()
    while arrivals:
        size = dice.randint(1, len(arrivals))
        batch, arrivals = arrivals[:size], arrivals[size:]
        outcomes = await warehouse.record(workspace, *batch)
        for one, outcome in zip(batch, outcomes, strict=True):
            assert outcome is (DUPLICATE if one.span_id in seen else STORED)
            seen.add(one.span_id)
        assert same(warehouse.told(workspace), expected(s for s in trace if s.span_id in seen))
    told = warehouse.told(workspace)
    assert {row["origin"] for row in told.values()} <= {"trace"}
    keys = {
        row["execution_id"]: row["started_at"]
        for row in warehouse.rows(workspace, "execution_keys")
    }
    assert keys == {one: row["started_at"] for one, row in told.items()}
    assert len(warehouse.rows(workspace, "spans")) == len(trace)


async def test_spans_that_arrive_at_once_lose_nothing(warehouse: Warehouse, workspace: str) -> None:
    agent = span(1, kind=SpanKind.AGENT)
    calls = [
        span(n, parent_span_id=sid(1), kind=SpanKind.MODEL_CALL, input_tokens=n)
        for n in range(2, 34)
    ]
    await asyncio.gather(*(warehouse.record(workspace, one) for one in [*calls, agent]))
    (row,) = warehouse.rows(workspace)
    assert row["input_tokens"] == sum(range(2, 34))


async def test_however_many_traces_take_at_most_256_locks(
    warehouse: Warehouse, workspace: str
) -> None:
    """The server has room for some thousands, all transactions together."""
    locks = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
    ids = [f"{number:032x}" for number in range(1, 20_000)]
    async with warehouse.database.writing(workspace) as session:
        await spans_recorder.lock_traces(session, ids)
        assert await session.connection.fetchval(locks) == 256


async def test_a_trace_that_is_locked_is_waited_for_in_its_workspace_alone(
    warehouse: Warehouse, workspace: str
) -> None:
    async with warehouse.database.writing(workspace) as session:
        await spans_recorder.lock_traces(session, [TRACE])
        waiting = asyncio.create_task(warehouse.record(workspace, span(1)))
        assert await warehouse.record(f"{workspace}-2", span(1)) == [STORED]
        assert (await asyncio.wait([waiting], timeout=0.5)) == (set(), {waiting})
    assert await waiting == [STORED]


async def test_a_run_that_its_producer_recorded_is_not_taken_over(
    warehouse: Warehouse, workspace: str
) -> None:
    recorded = Execution(
        execution_id=TRACE, started_at=START, status=Status.RUNNING, agent_id="theirs"
    )
    await warehouse.record_facts(workspace, FactKind.EXECUTION, recorded)
    await warehouse.record(workspace, span(1, kind=SpanKind.MODEL_CALL, input_tokens=1))
    (row,) = warehouse.rows(workspace)
    assert (row["agent_id"], row["origin"], row["input_tokens"]) == ("theirs", "recorded", None)


async def test_a_span_sent_again_with_another_time_is_the_same_span(
    warehouse: Warehouse, workspace: str
) -> None:
    one = span(1, kind=SpanKind.AGENT)
    later = replace(one, ended_at=one.ended_at + timedelta(days=40))
    moved = replace(later, started_at=one.started_at + timedelta(days=40))
    assert await warehouse.record(workspace, one, moved) == [STORED, DUPLICATE]
    assert await warehouse.record(workspace, moved) == [DUPLICATE]
    assert [row["started_at"] for row in warehouse.rows(workspace, "spans")] == [START]


async def test_a_trace_has_an_end(
    warehouse: Warehouse, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans_recorder, "MAX_TRACE_SPANS", 2)
    told = await warehouse.record(workspace, *(span(n) for n in range(1, 4)), span(1))
    assert told == [STORED, STORED, Outcome.CONFLICT, DUPLICATE]


async def test_readers_see_calls_of_their_own_workspace_only(
    warehouse: Warehouse, workspace: str
) -> None:
    tool = span(2, kind=SpanKind.TOOL_CALL, tool_name="search", finish_reasons=("stop", "b"))
    await warehouse.record(workspace, span(1, kind=SpanKind.MODEL_CALL), tool)
    assert [row["span_id"] for row in warehouse.rows(workspace, "model_calls")] == [sid(1)]
    assert [row["tool_name"] for row in warehouse.rows(workspace, "tool_calls")] == ["search"]
    with psycopg.connect(warehouse._url) as connection:
        connection.execute("set role shadower_service")
        connection.execute("select set_config('shadower.workspace_id', 'other', true)")
        for view in ("spans", "model_calls", "tool_calls"):
            assert connection.execute(f"select * from shadower.{view}").fetchall() == []


async def test_the_cost_of_a_run_of_a_trace_is_the_traces_to_say(
    warehouse: Warehouse, workspace: str
) -> None:
    await warehouse.record(workspace, span(1, kind=SpanKind.AGENT))
    [row] = warehouse.rows(workspace)
    told = Execution(**{name: row[name] for name in Execution._fields})
    cost, rating = told._replace(cost_usd=Decimal("1.5")), told._replace(user_rating=5)
    kind = FactKind.EXECUTION
    assert await warehouse.record_facts(workspace, kind, cost) == [Outcome.CONFLICT]
    assert await warehouse.record_facts(workspace, kind, rating) == [Outcome.UPDATED]
    await warehouse.record(workspace, span(2, parent_span_id=sid(1), kind=SpanKind.MODEL_CALL))
    [row] = warehouse.rows(workspace)
    assert (row["cost_usd"], row["user_rating"]) == (None, 5)
