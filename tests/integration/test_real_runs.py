"""Real runs, loaded and asked for by every service, against an oracle that shares no code."""

from datetime import UTC, datetime

import pytest
from shadower.aggregates.v1.aggregation_pb2 import Aggregation, Field, Function
from shadower.common.v1.dimension_pb2 import DIMENSION_AGENT, DIMENSION_ERROR_TYPE, DIMENSION_MODEL
from shadower.common.v1.execution_pb2 import ErrorType
from shadower.common.v1.granularity_pb2 import GRANULARITY_DAY, GRANULARITY_MINUTE

from tests.support import exactness, oracle, statistics_oracle
from tests.support.keys import KeyRing
from tests.support.runs import (
    SOME_TIME,
    Client,
    Row,
    agent_runs,
    agent_runs_tokens,
    distinct,
    interval,
    llm_requests,
    time_of,
)
from tests.support.stack import Stack

SUMMER = datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
AZURE_HOUR = datetime(2023, 11, 16, 18, tzinfo=UTC), datetime(2023, 11, 16, 20, tzinfo=UTC)
WHOLE = interval(*SUMMER)
ASKED = ("success_rate", "duration_p50", "duration_p95", "duration_p99", "duration_avg")
COUNTED = ("executions", "succeeded", "failed", "timed_out", "errors", "unknown_tokens")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return distinct(agent_runs())


@pytest.fixture(scope="module")
async def client(stack: Stack, keys: KeyRing) -> Client:
    """Of a workspace with all agent runs."""
    loaded = Client.of_new_workspace(stack.stubs, keys)
    first, again = [await loaded.record(agent_runs()) for _ in range(2)]
    assert first == {"received": 1571, "stored": 1528, "duplicate": 43}
    assert again == {"received": 1571, "duplicate": 1571}
    return loaded


async def test_loading_again_changes_no_row(stack: Stack, client: Client, rows: list[Row]) -> None:
    stored = oracle.by_sql(
        stack.database_url,
        """select execution_id, started_at, ended_at, status::text, error_type::text, agent_id,
           model, input_tokens, output_tokens from executions where workspace_id = %s""",
        client.workspace,
    )
    names = ["execution_id", "start_time", "end_time", "status", "error_type", "agent_id", "model"]
    names += ["input_tokens", "output_tokens"]
    sent = [row | {"error_type": oracle.error_type(row)} for row in rows]
    assert sorted(stored) == sorted(tuple(row[name] for name in names) for row in sent)


async def test_outcomes_are_those_that_the_readme_counts(client: Client) -> None:
    counts = (await client.summary(interval=WHOLE)).executions
    assert (counts.total, counts.succeeded, counts.timed_out, counts.failed) == (
        1528,
        523,
        369,
        636,
    )


@pytest.mark.parametrize("group_by", [(), ("agent_id",), ("model",), ("agent_id", "model")])
async def test_metrics(client: Client, rows: list[Row], group_by: tuple[str, ...]) -> None:
    dimensions = {"agent_id": DIMENSION_AGENT, "model": DIMENSION_MODEL}
    answer = await client.metrics(
        metrics=[*ASKED, *COUNTED],
        interval=WHOLE,
        group_by=[dimensions[name] for name in group_by],
    )
    expected = {
        (name, labels, SUMMER[0]): value
        for labels, group in oracle.grouped(rows, lambda r: oracle.labels(r, group_by)).items()
        for name in (*ASKED, *COUNTED)
        if (value := oracle.metric(name, group)) is not None
    }
    assert oracle.answered(answer.time_series) == exactness.series(expected)


async def test_daily_metrics(client: Client, rows: list[Row]) -> None:
    zone = "America/New_York"
    answer = await client.metrics(
        metrics=ASKED, interval=WHOLE, granularity=GRANULARITY_DAY, time_zone=zone
    )
    days = oracle.grouped(rows, lambda r: oracle.bucket_start(r["start_time"], "day", zone))
    expected = {
        (name, frozenset(), day): value
        for day, group in days.items()
        for name in ASKED
        if (value := oracle.metric(name, group)) is not None
    }
    assert len(days) > 10
    assert oracle.answered(answer.time_series) == exactness.series(expected)


async def test_errors_by_agent_model_and_type(client: Client, rows: list[Row]) -> None:
    dimensions = [DIMENSION_AGENT, DIMENSION_MODEL, DIMENSION_ERROR_TYPE]
    names = ("agent_id", "model", "error_type")
    count = Aggregation(field=Field.FIELD_EXECUTION, function=Function.FUNCTION_COUNT)
    answer = await client.aggregates(aggregations=[count], interval=WHOLE, group_by=dimensions)
    found = {frozenset(row.labels.items()): row.values[0].value.integer for row in answer.rows}
    groups = oracle.grouped(rows, lambda r: oracle.labels(r, names))
    assert found == {labels: len(group) for labels, group in groups.items()}
    assert sum(n for labels, n in found.items() if "error_type" in dict(labels)) == 369 + 636


async def test_aggregates_of_durations(stack: Stack, client: Client, rows: list[Row]) -> None:
    """Against rows and against PostgreSQL's own percentile_cont."""
    percents = (0, 50, 95, 99, 99.9, 100)
    answer = await client.aggregates(
        interval=WHOLE,
        group_by=[DIMENSION_AGENT],
        aggregations=[
            Aggregation(
                field=Field.FIELD_DURATION, function=Function.FUNCTION_PERCENTILE, percentile=p
            )
            for p in percents
        ],
    )
    found = {row.labels["agent_id"]: [v.value.real for v in row.values] for row in answer.rows}
    agents = oracle.grouped(rows, lambda row: row["agent_id"])
    expected = {
        agent: [
            exactness.near(oracle.calculate("percentile", oracle.known(group, "duration"), p))
            for p in percents
        ]
        for agent, group in agents.items()
    }
    assert found == expected
    by_sql = oracle.by_sql(
        stack.database_url,
        """select agent_id, percentile_cont(%s::float8[]) within group
           (order by extract(epoch from ended_at - started_at)::float8)
           from executions where workspace_id = %s group by agent_id""",
        [float(p) / 100 for p in percents],
        client.workspace,
    )
    assert {agent: list(map(exactness.near, values)) for agent, values in by_sql} == found


async def test_summary(client: Client, rows: list[Row]) -> None:
    summary = await client.summary(interval=WHOLE)
    assert summary.success_rate == oracle.success_rate(rows) == 523 / 1528
    assert summary.executions == statistics_oracle.counts(rows)
    assert summary.duration == exactness.durations(summary.duration, rows)
    assert summary.tokens == statistics_oracle.tokens(rows)
    assert (summary.tokens.known_executions, summary.tokens.HasField("total_tokens")) == (0, False)
    assert summary.active_agents == 4


async def test_every_agent(client: Client, rows: list[Row]) -> None:
    groups = oracle.grouped(rows, lambda row: row["agent_id"])
    listed = {agent.agent_id: agent for agent in (await client.agents(interval=WHOLE)).agents}
    assert listed.keys() == groups.keys()
    for agent_id, group in groups.items():
        performance = await client.performance(agent_id, interval=WHOLE)
        for answer in (listed[agent_id], performance):
            assert answer.executions == statistics_oracle.counts(group)
            assert answer.success_rate == oracle.success_rate(group)
            assert answer.duration == exactness.durations(answer.duration, group)
            assert answer.tokens == statistics_oracle.tokens(group)
        errors = {ErrorType.Name(e.error_type): e.executions for e in performance.errors}
        by_type = oracle.grouped(group, oracle.error_type)
        by_type.pop(None, None)
        assert errors == {f"ERROR_TYPE_{t.upper()}": len(of_type) for t, of_type in by_type.items()}
        last_start = time_of(listed[agent_id].last_start_time)
        assert last_start == max(row["start_time"] for row in group)


async def test_unknown_tokens_are_not_zero(stack: Stack, keys: KeyRing) -> None:
    client, rows = Client.of_new_workspace(stack.stubs, keys), agent_runs_tokens()
    recorded = await client.record(rows)
    assert recorded == {"received": 391, "stored": 391}
    summary = await client.summary(interval=interval(SOME_TIME, datetime(2025, 9, 2, tzinfo=UTC)))
    assert summary.tokens == statistics_oracle.tokens(rows)
    known = [row for row in rows if row["input_tokens"] is not None]
    assert 0 < summary.tokens.known_executions == len(known) < 391
    assert summary.tokens.unknown_executions == 391 - len(known)
    total = sum(row["input_tokens"] + row["output_tokens"] for row in known)
    assert summary.tokens.average_tokens == total / len(known) != total / 391
    assert not summary.duration.HasField("average")


async def test_an_hour_of_llm_requests(stack: Stack, keys: KeyRing) -> None:
    client, rows = Client.of_new_workspace(stack.stubs, keys), llm_requests()
    assert await client.record(rows) == {"received": 19_366, "stored": 19_366}
    names = ("executions", "input_tokens", "output_tokens", "total_tokens", "total_tokens_avg")
    hour = interval(*AZURE_HOUR)
    answer = await client.metrics(metrics=names, interval=hour, granularity=GRANULARITY_MINUTE)
    minutes = oracle.grouped(rows, lambda r: oracle.bucket_start(r["start_time"], "minute"))
    expected = {
        (name, frozenset(), minute): oracle.metric(name, group)
        for minute, group in minutes.items()
        for name in names
    }
    assert oracle.answered(answer.time_series) == expected
    assert (await client.summary(interval=hour)).tokens == statistics_oracle.tokens(rows)
