"""What breaks the contract is refused by name, and nothing of it is stored."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import psycopg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.agents.v1 import agents_service_pb2 as agents
from shadower.aggregates.v1 import aggregates_service_pb2 as aggregates
from shadower.aggregates.v1.aggregation_pb2 import Aggregation
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.ingest.v1 import ingest_service_pb2 as ingest
from shadower.ingest.v1.event_pb2 import Event
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint
from shadower.metrics.v1 import metrics_service_pb2 as metrics
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces

from tests.support.errors import Refusal, refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.stack import Stack

NOW = int(time.time())
NOON, EARLIER, AHEAD = (Timestamp(seconds=at) for at in (NOW, NOW - 1, NOW + 7_200))
OLD, NO_TIME, NO_NANOS = Timestamp(seconds=1), Timestamp(seconds=10**15), Timestamp(nanos=-1)
NANO = Timestamp(seconds=NOW, nanos=1)  # Times are kept to the microsecond.
NAN, INFINITY, INVALID = float("nan"), float("inf"), grpc.StatusCode.INVALID_ARGUMENT
FAILED = "VALIDATION_FAILED"
TABLES = ("executions", "execution_keys", "metric_points", "events", "workspaces")


def run(**fields: Any) -> Execution:
    given = {"execution_id": "run", "agent_id": "a", "status": 2, "start_time": NOON} | fields
    return Execution(**{name: value for name, value in given.items() if value is not None})


def point(**fields: Any) -> MetricPoint:
    return MetricPoint(**({"metric_type": "depth", "value": 1, "timestamp": NOON} | fields))


event = partial(Event, type=6, timestamp=NOON)


LIMITS = {"agent_name": 256, "agent_version": 64, "provider": 64, "error_message": 4096}
LIMITS |= dict.fromkeys(("execution_id", "agent_id", "user_id", "model"), 128)
BAD_COSTS = ("", "-1", "1e3", ".5", "1.", "1,5", "NaN", "0." + "1" * 13, "1" * 13, "1\n", "٣")
BAD_RUNS = [
    *(({name: "x" * (limit + 1)}, name) for name, limit in LIMITS.items()),
    *(({name: "a\nb"}, name) for name in ("execution_id", "agent_id", "agent_name", "user_id")),
    *(({"agent_id": text}, "agent_id") for text in ("", "a/b", "a\x7f", "a\x00", "a\n")),
    ({"error_message": "a\x00b"}, "error_message"),
    *(({"status": number}, "status") for number in (0, 6, -1, 99)),
    *(({"status": s, "error_type": n}, "error_type") for s, n in ((3, 10), (4, -1), (2, 1))),
    ({"end_time": NOON, "status": 1}, "end_time"),
    *(({"start_time": at}, "start_time") for at in (None, AHEAD, OLD, NO_TIME, NO_NANOS)),
    *(({"end_time": at}, "end_time") for at in (EARLIER, AHEAD, NO_TIME, NO_NANOS)),
    *(({n: -1}, n) for n in ("input_tokens", "output_tokens", "tool_calls")),
    ({"input_tokens": 1, "cached_input_tokens": 2}, "cached_input_tokens"),
    *(({"user_rating": stars}, "user_rating") for stars in (0, 6)),
    *(({"cost_usd": text}, "cost_usd") for text in BAD_COSTS),
]
BAD_TIMES = [({"timestamp": at}, "timestamp") for at in (AHEAD, OLD, NO_TIME, NO_NANOS)]
BAD_POINTS = [
    *(({"value": number}, "value") for number in (NAN, INFINITY, -INFINITY)),
    *(({"metric_type": name}, "metric_type") for name in ("", "1a", "a b", "a\n", "x" * 129)),
    *BAD_TIMES,
    *(({"point_id": text}, "point_id") for text in ("x" * 129, "a\tb")),
    ({"tags": {f"t{n}": "" for n in range(33)}}, "tags"),
]
BAD_EVENTS = [
    *(({"type": number}, "type") for number in (0, 30, -1)),
    *BAD_TIMES,
    *(({name: "x" * 129}, name) for name in ("event_id", "user_id", "correlation_id")),
    ({"data": {f"m{n}": n for n in range(65)}}, "data"),
    *(({"data": {"n": bad}}, "data") for bad in (NAN, INFINITY, "a\x00b", {"a\x00b": 1})),
]
ITEMS = {
    "RecordExecutions": ("executions", run, BAD_RUNS),
    "RecordMetricPoints": ("metric_points", point, BAD_POINTS),
    "RecordEvents": ("events", event, BAD_EVENTS),
}
CASES = [(rpc, *case) for rpc, (_, _, cases) in ITEMS.items() for case in cases]

YEARS = (-62_135_596_800, 631_152_000, 3_786_912_000)
YEAR_1, YEAR_1990, YEAR_2090 = (Timestamp(seconds=at) for at in YEARS)
SPANS = [(NOON, EARLIER), (NOON, NOON), (NOON, NANO), (YEAR_1990, YEAR_2090), (EARLIER, NO_TIME)]
INTERVALS = [
    *((TimeInterval(start_time=a, end_time=b), "interval.end_time") for a, b in SPANS),
    (TimeInterval(start_time=YEAR_1, end_time=NOON), "interval.start_time"),
    (TimeInterval(end_time=NOON), "interval.start_time"),
]
SHARED = [({"interval": one}, field) for one, field in INTERVALS]
ZONES = [({"time_zone": zone}, "time_zone") for zone in ("Mars/Base", "../UTC", "a\x00", "x" * 65)]
GROUPS = [({"granularity": 6}, "granularity"), ({"group_by": [1, 1]}, "group_by")]
PAGES = [({"page_size": -1}, "page_size"), ({"page_token": "x" * 4097}, "page_token")]
BAD_IDS = [({"agent_id": text}, "agent_id") for text in ("", "a\x00")]
NUL = [({"filter": Filter(agent_ids=["a\x00"])}, "filter.agent_ids[0]")]
ONE_SUM = {"aggregations": [Aggregation(function=2, field=1)]}
QUESTIONS: dict[str, tuple[Any, dict[str, Any], list[Any]]] = {
    "GetMetrics": (metrics, {"metrics": ["cost"]}, [*SHARED, *ZONES, *GROUPS, *PAGES, *NUL]),
    "ListMetrics": (metrics, {}, PAGES),
    "GetWorkspaceSummary": (workspaces, {}, [*SHARED, *ZONES]),
    "ListAgents": (agents, {}, [*SHARED, *PAGES, *NUL]),
    "GetAgentPerformance": (agents, {"agent_id": "a"}, [*SHARED, *ZONES, *BAD_IDS]),
    "CalculateAggregates": (aggregates, ONE_SUM, [*SHARED, *ZONES, *GROUPS, *NUL]),
}
TOO_LARGE = [(5, INVALID, "MESSAGE_TOO_LARGE"), (9, grpc.StatusCode.RESOURCE_EXHAUSTED, "")]
ASKED = [(rpc, *case) for rpc, (_, _, cases) in QUESTIONS.items() for case in cases]


@dataclass(frozen=True)
class Caller:
    """Calls in a workspace of its own, and counts what is in the tables behind it."""

    stack: Stack
    metadata: Any
    workspace: str

    async def call(self, module: Any, rpc: str, **fields: Any) -> Any:
        request = getattr(module, f"{rpc}Request")(workspace_id=self.workspace, **fields)
        stub = getattr(self.stack.stubs, module.__name__.split(".")[1])
        return await getattr(stub, rpc)(request, metadata=self.metadata)

    def stored(self) -> int:
        rows = " union all ".join(f"select workspace_id from shadower.{one}" for one in TABLES)
        query = f"select count(*) from ({rows}) as stored where workspace_id = %s"
        with psycopg.connect(self.stack.database_url) as connection:
            return connection.execute(query, [self.workspace]).fetchall()[0][0]


@pytest.fixture
def caller(stack: Stack, keys: KeyRing, workspace: str) -> Caller:
    return Caller(stack, keys.metadata(workspace), workspace)


def is_validation_of(found: Refusal, *fields: str) -> None:
    assert (found.code, found.reason) == (INVALID, FAILED)
    assert (set(found.fields), found.metadata["fields"]) == (set(fields), ",".join(fields))


@pytest.mark.parametrize(("rpc", "change", "field"), CASES)
async def test_a_bad_item_alone_fails_the_call(
    caller: Caller, rpc: str, change: dict[str, Any], field: str
) -> None:
    name, make, _ = ITEMS[rpc]
    found = await refused(caller.call(ingest, rpc, **{name: [make(**change)]}))
    is_validation_of(found, f"{name}[0].{field}")
    assert caller.stored() == 0


@pytest.mark.parametrize(("rpc", "change", "field"), ASKED)
async def test_a_bad_question_is_refused(
    caller: Caller, rpc: str, change: dict[str, Any], field: str
) -> None:
    module, good, _ = QUESTIONS[rpc]
    found = await refused(caller.call(module, rpc, **(good | change)))
    assert (found.code, found.reason, field in found.fields) == (INVALID, FAILED, True)


async def test_a_bad_item_among_good_ones_is_refused_alone(caller: Caller) -> None:
    items = [run(), run(execution_id="bad", end_time=EARLIER), run(execution_id="good")]
    answer = await caller.call(ingest, "RecordExecutions", executions=items)
    assert (answer.results[1].id, answer.counts.rejected, answer.counts.stored) == ("bad", 1, 2)
    is_validation_of(refusal_in(answer.results[1].error), "executions[1].end_time")


async def test_a_reserved_name_is_refused_by_its_own_reason(caller: Caller) -> None:
    points = [point(metric_type="cost"), point()]
    answer = await caller.call(ingest, "RecordMetricPoints", metric_points=points)
    found = refusal_in(answer.results[0].error)
    assert (found.reason, found.metadata) == ("METRIC_NAME_RESERVED", {"metric": "cost"})
    assert (found.code, found.fields) == (INVALID, ("metric_points[0].metric_type",))


@pytest.mark.parametrize(("count", "reason"), [(1, "METRIC_NAME_RESERVED"), (2, FAILED)])
async def test_a_call_fails_with_the_error_of_its_only_item(
    caller: Caller, count: int, reason: str
) -> None:
    points = [point(metric_type="success_rate")] * count
    found = await refused(caller.call(ingest, "RecordMetricPoints", metric_points=points))
    assert (found.code, found.reason) == (INVALID, reason)
    assert found.fields == tuple(f"metric_points[{n}].metric_type" for n in range(count))
    assert caller.stored() == 0


@pytest.mark.parametrize("rpc", ITEMS)
@pytest.mark.parametrize("size", [0, 1001])
async def test_a_batch_has_its_limits(caller: Caller, rpc: str, size: int) -> None:
    name, make, _ = ITEMS[rpc]
    is_validation_of(await refused(caller.call(ingest, rpc, **{name: [make()] * size})), name)
    batch = ingest.StreamRecordsRequest(workspace_id=caller.workspace, **{name: [make()] * size})
    stream = caller.stack.stubs.ingest.StreamRecords(iter([batch]), metadata=caller.metadata)
    is_validation_of(await refused(stream.read()), "executions")
    assert caller.stored() == 0


@pytest.mark.parametrize(("megabytes", "code", "reason"), TOO_LARGE)
async def test_a_message_has_its_limits(
    caller: Caller, megabytes: int, code: grpc.StatusCode, reason: str
) -> None:
    items = [run(error_message="x" * 4096, status=3)] * (megabytes * 256)
    found = await refused(caller.call(ingest, "RecordExecutions", executions=items))
    assert (found.code, found.reason, caller.stored()) == (code, reason, 0)
    assert found.metadata.get("limit") == ("4194304" if reason else None)
