"""The Python client through the edge: what it answers is what the stubs answer."""

import gzip
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from shadower.agents.v1 import agents_service_pb2 as agents
from shadower.aggregates.v1 import aggregates_service_pb2 as aggregates
from shadower.metrics.v1 import metrics_service_pb2 as metrics
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces
from shadower_client import (
    AgentOrder,
    Aggregation,
    AsyncClient,
    Client,
    Dimension,
    ErrorType,
    Event,
    EventType,
    Execution,
    ExecutionStatus,
    Field,
    Filter,
    Function,
    GapFill,
    Granularity,
    InvalidArgument,
    MetricPoint,
    NotFound,
    PermissionDenied,
    RecordOutcome,
    Unauthenticated,
)
from shadower_client.api.alerts import AlertRule, Comparator, Severity, ThresholdCondition

from tests.e2e.conftest import WholeWay
from tests.support.runs import agent_runs

WORKSPACE = "client-runs"
START, END = datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
SPAN: Any = {"start_time": START, "end_time": END}
NATIVE = {
    "google.protobuf.Timestamp": lambda message: message.ToDatetime(tzinfo=UTC),
    "google.protobuf.Duration": lambda message: message.ToTimedelta(),
    "google.protobuf.Struct": MessageToDict,
}


def differences(value: Any, message: Any, at: str = "") -> Iterator[str]:
    """Where a dataclass does not say what a message says, whatever made it out of that."""
    assert {one.name for one in fields(value)} == set(message.DESCRIPTOR.fields_by_name), at
    for descriptor in message.DESCRIPTOR.fields:
        name, mine = descriptor.name, getattr(value, descriptor.name)
        theirs, here = getattr(message, name), f"{at}.{name}"
        if descriptor.is_repeated and isinstance(mine, tuple):
            assert len(mine) == len(theirs), here
            for one, other in zip(mine, theirs, strict=True):
                yield from _difference(one, other, here)
        elif descriptor.is_repeated:
            yield from _difference(mine, dict(theirs), here)
        elif descriptor.has_presence and not message.HasField(name):
            yield from [here] if mine is not None else []
        else:
            yield from _difference(mine, theirs, here)


def _difference(mine: Any, theirs: Any, at: str) -> Iterator[str]:
    if is_dataclass(mine):
        yield from differences(mine, theirs, at)
        return
    if hasattr(theirs, "DESCRIPTOR"):
        name = theirs.DESCRIPTOR.full_name
        expected = NATIVE[name](theirs) if name in NATIVE else _number(theirs)
        yield from [at] if mine != expected or type(mine) is not type(expected) else []
        return
    yield from [at] if (str(mine) if isinstance(mine, Decimal) else mine) != theirs else []


def _number(message: Any) -> Any:
    value = getattr(message, message.WhichOneof("kind"))
    return Decimal(value) if isinstance(value, str) else value


def run(row: dict[str, Any]) -> Execution:
    known = {name: value for name, value in row.items() if value is not None}
    known["status"] = ExecutionStatus[row["status"].upper()]
    known["error_type"] = ErrorType[(row["error_type"] or "unspecified").upper()]
    return Execution(**known)


@pytest.fixture(scope="module")
def client(whole_way: WholeWay) -> Iterator[Client]:
    token = whole_way.keys.token(WORKSPACE)
    with Client(f"127.0.0.1:{whole_way.port}", token=token, workspace=WORKSPACE) as opened:
        runs = [run(row) for row in agent_runs()]
        with opened.producer(max_items=600) as producer:
            for one in runs:
                producer.record(one)
        # The file has 43 lines twice, and recording those again is harmless.
        assert producer.counts().sent == len(runs)
        yield opened


@pytest.fixture
async def asking(whole_way: WholeWay, client: Client) -> AsyncIterator[AsyncClient]:
    token = whole_way.keys.token(WORKSPACE)
    address = f"http://127.0.0.1:{whole_way.port}"
    async with AsyncClient(address, token=token, workspace=WORKSPACE) as opened:
        yield opened


async def stub(whole_way: WholeWay, method: Any, request: Any) -> Any:
    answer = await method(request, metadata=whole_way.keys.metadata(WORKSPACE))
    for name in ("as_of", "complete_until"):
        if name in answer.DESCRIPTOR.fields_by_name:
            answer.ClearField(name)
    return answer


def but_times(found: Iterator[str]) -> list[str]:
    """When an answer was made is another time for each."""
    return [one for one in found if not one.endswith((".as_of", ".complete_until"))]


async def test_summaries(whole_way: WholeWay, client: Client, asking: AsyncClient) -> None:
    request = workspaces.GetWorkspaceSummaryRequest(
        workspace_id=WORKSPACE, interval=SPAN, time_zone="Europe/Berlin"
    )
    method = whole_way.stubs.workspaces.GetWorkspaceSummary
    expected = (await stub(whole_way, method, request)).summary
    assert expected.executions.total == 1528
    for mine in (
        client.workspaces.summary(interval=(START, END), time_zone="Europe/Berlin"),
        await asking.workspaces.summary(interval=(START, END), time_zone="Europe/Berlin"),
    ):
        assert but_times(differences(mine, expected)) == []


async def test_leaderboards(whole_way: WholeWay, client: Client, asking: AsyncClient) -> None:
    request = agents.ListAgentsRequest(workspace_id=WORKSPACE, interval=SPAN, order_by=2)
    expected = (await stub(whole_way, whole_way.stubs.agents.ListAgents, request)).agents
    listed = {"interval": (START, END), "order_by": AgentOrder.SUCCESS_RATE, "page_size": 1}
    mine = list(client.agents.list(**listed))
    assert [one.agent_id for one in mine] == [one.agent_id for one in expected]
    assert [one async for one in asking.agents.list(**listed)] == mine
    for one, other in zip(mine, expected, strict=True):
        assert list(differences(one, other)) == []


async def test_performances(whole_way: WholeWay, client: Client, asking: AsyncClient) -> None:
    request = agents.GetAgentPerformanceRequest(
        workspace_id=WORKSPACE, agent_id="openhands", interval=SPAN
    )
    method = whole_way.stubs.agents.GetAgentPerformance
    expected = (await stub(whole_way, method, request)).performance
    for mine in (
        client.agents.performance("openhands", interval=(START, END)),
        await asking.agents.performance("openhands", interval=(START, END)),
    ):
        assert but_times(differences(mine, expected)) == []
        assert mine.models


async def test_metrics(whole_way: WholeWay, client: Client, asking: AsyncClient) -> None:
    names = ["success_rate", "duration_p95", "total_tokens", "cost"]
    request = metrics.GetMetricsRequest(
        workspace_id=WORKSPACE, interval=SPAN, metrics=names, granularity=3, group_by=[1]
    )
    expected = await stub(whole_way, whole_way.stubs.metrics.GetMetrics, request)
    asked: Any = {
        "interval": (START, END),
        "granularity": Granularity.DAY,
        "group_by": [Dimension.AGENT],
    }
    mine = client.metrics.query(names, **asked)
    assert but_times(differences(mine, expected)) == []
    again = await asking.metrics.query(names, **asked)
    assert again.time_series == mine.time_series
    known = {(s.metric, s.labels["agent_id"], p.start_time.ToDatetime(tzinfo=UTC)): _number(p.value)
             for s in expected.time_series for p in s.points}  # fmt: skip
    for rows in (mine.to_pandas().to_dict("records"), mine.to_polars().to_dicts()):
        framed = {
            (name, row["agent_id"], row["start_time"]): row[name]
            for row in rows
            for name in names[:2]
            if row[name] == row[name] and row[name] is not None
        }
        assert framed == {key: value for key, value in known.items() if key[0] in names[:2]}


async def test_aggregates(whole_way: WholeWay, client: Client, asking: AsyncClient) -> None:
    request = aggregates.CalculateAggregatesRequest(
        workspace_id=WORKSPACE,
        interval=SPAN,
        aggregations=[
            {"field": 1, "function": 7, "percentile": 99, "name": "p99"},
            {"field": 103, "function": 8, "name": "users"},
        ],
        filter={"agent_ids": ["openhands", "droid"]},
        granularity=4,
        gap_fill=2,
    )
    method = whole_way.stubs.aggregates.CalculateAggregates
    expected = await stub(whole_way, method, request)
    asked: Any = {
        "aggregations": [
            Aggregation(
                field=Field.DURATION, function=Function.PERCENTILE, percentile=99, name="p99"
            ),
            Aggregation(field=Field.USER, function=Function.DISTINCT, name="users"),
        ],
        "interval": (START, END),
        "filter": Filter(agent_ids=["openhands", "droid"]),
        "granularity": Granularity.WEEK,
        "gap_fill": GapFill.ZERO,
    }
    mine = client.aggregates.calculate(**asked)
    assert but_times(differences(mine, expected)) == []
    assert (await asking.aggregates.calculate(**asked)).rows == mine.rows
    frame = mine.to_polars()
    assert frame.columns == ["start_time", "p99", "users"]
    assert frame.height == len(expected.rows) > 10


def test_tables_become_frames(client: Client) -> None:
    frame = client.agents.list(interval=(START, END)).to_pandas()
    assert frame["executions.total"].sum() == 1528
    assert set(frame["agent_id"]) >= {"openhands", "droid"}


async def test_facts_are_recorded(client: Client, asking: AsyncClient, workspace: str) -> None:
    now = datetime.now(UTC)
    wrong = Execution(execution_id="r2", agent_id="a", status=ExecutionStatus.FAILED,
                      start_time=now, end_time=now - timedelta(1))  # fmt: skip
    good = Execution(execution_id="r1", agent_id="a", status=ExecutionStatus.SUCCEEDED,
                     start_time=now, input_tokens=0, cost_usd=Decimal("0.10"))  # fmt: skip
    answer = client.ingestion.record_executions([good, wrong])
    assert [one.outcome for one in answer.results] == [
        RecordOutcome.STORED,
        RecordOutcome.REJECTED,
    ]
    error = answer.results[1].error
    assert isinstance(error, InvalidArgument)
    assert (error.reason, error.violations[0].field) == (
        "VALIDATION_FAILED",
        "executions[1].end_time",
    )
    event = Event(type=EventType.USER_LOGIN, timestamp=now, data={"from": {"n": 1.0}})
    assert (await asking.ingestion.record_events([event])).counts.stored == 1
    point = MetricPoint(metric_type="queue.depth", value=3.5, timestamp=now, tags={"q": "x"})
    assert client.ingestion.record_metric_points([point]).counts.stored == 1


async def test_refusals(whole_way: WholeWay, client: Client, asking: AsyncClient) -> None:
    with pytest.raises(NotFound) as absent:
        await asking.agents.performance("nobody", interval=(START, END))
    assert absent.value.reason == "AGENT_NOT_FOUND"
    with pytest.raises(PermissionDenied) as denied:
        client.workspaces.summary(workspace="another")
    assert denied.value.reason == "WORKSPACE_DENIED"
    with pytest.raises(InvalidArgument) as invalid:
        client.metrics.query([])
    assert invalid.value.violations[0].field == "metrics"
    address = f"127.0.0.1:{whole_way.port}"
    with (
        Client(address, token="not one", workspace=WORKSPACE) as nobody,
        pytest.raises(Unauthenticated),
    ):
        nobody.workspaces.summary()


def test_what_is_administered(client: Client) -> None:
    made = client.alerts.create_rule(
        "failing",
        AlertRule(
            name="Agents fail",
            severity=Severity.CRITICAL,
            metric="error_rate",
            threshold=ThresholdCondition(comparator=Comparator.ABOVE, threshold=0.2),
            for_duration=timedelta(minutes=10),
        ),
    )
    assert client.alerts.get_rule("failing") == made
    assert [one.rule_id for one in client.alerts.list_rules()] == ["failing"]
    assert client.alerts.delete_rule("failing") is None
    key = client.access.create_api_key("importer")
    assert key.secret
    exported = b"".join(one.data for one in client.exports.executions(interval=(START, END)))
    assert gzip.decompress(exported).count(b"\n") == 1529
