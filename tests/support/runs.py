"""Runs and points as plain rows, real and made up, and a client of a workspace of its own."""

import csv
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from shadower.agents.v1 import agents_service_pb2 as agents_pb
from shadower.aggregates.v1 import aggregates_service_pb2 as aggregates_pb
from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest, RecordMetricPointsRequest
from shadower.ingest.v1.metric_point_pb2 import MetricPoint
from shadower.metrics.v1 import metrics_service_pb2 as metrics_pb
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces_pb

from tests.support.keys import KeyRing
from tests.support.stack import ROOT, Stubs

DATA = ROOT.parent / "shared" / "data"
BATCH = 1000
SOME_TIME = datetime(2025, 9, 1, 12, tzinfo=UTC)

Row = dict[str, Any]
"""The fields of an Execution by their names; None is: not known. Enums are small words."""

UNKNOWN: Row = {
    field.name: None
    for field in Execution.DESCRIPTOR.fields
    if field.name not in ("metadata", "parent_execution_id")
}


def run(execution_id: str, start_time: datetime, **content: Any) -> Row:
    known = {"agent_id": "agent-a", "status": "succeeded"} | content
    return UNKNOWN | {"execution_id": execution_id, "start_time": start_time} | known


def execution(row: Row) -> Execution:
    fields = {name: value for name, value in row.items() if value is not None}
    fields["status"] = ExecutionStatus.Value(f"EXECUTION_STATUS_{row['status'].upper()}")
    if row["error_type"]:
        fields["error_type"] = ErrorType.Value(f"ERROR_TYPE_{row['error_type'].upper()}")
    return Execution(**fields)


def _lines(name: str) -> list[Row]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def _real_run(line: Row, start: datetime, end: datetime | None) -> Row:
    """By the rules of the data's README."""
    timed_out = line["failure_mode"] in ("agent_timeout", "test_timeout")
    status = "succeeded" if line["resolved"] else "timed_out" if timed_out else "failed"
    unknown_error = "unknown" if status == "failed" and line["resolved"] is None else None
    tokens = line["input_tokens"], line["output_tokens"]
    is_reported = tokens != (0, 0)
    return run(
        line["run_id"],
        start,
        end_time=end,
        agent_id=line["agent"],
        model=line["model"],
        status=status,
        error_type=unknown_error,
        input_tokens=tokens[0] if is_reported else None,
        output_tokens=tokens[1] if is_reported else None,
    )


def agent_runs() -> list[Row]:
    """With their 43 repeats."""
    return [
        _real_run(line, *(datetime.fromisoformat(line[at]) for at in ("started_at", "ended_at")))
        for line in _lines("agent_runs.jsonl")
    ]


def agent_runs_tokens() -> list[Row]:
    """Nobody knows when they ran, so all began at one time."""
    return [_real_run(line, SOME_TIME, None) for line in _lines("agent_runs_tokens.jsonl")]


def llm_requests() -> list[Row]:
    with Path(DATA / "llm_requests.csv").open(newline="") as file:
        return [
            run(
                f"request-{number}",
                datetime.fromisoformat(line["TIMESTAMP"][:26]).replace(tzinfo=UTC),
                agent_id="llm",
                input_tokens=int(line["ContextTokens"]),
                output_tokens=int(line["GeneratedTokens"]),
            )
            for number, line in enumerate(csv.DictReader(file))
        ]


def distinct(rows: Sequence[Row]) -> list[Row]:
    return list({row["execution_id"]: row for row in rows}.values())


def generated_runs(random: Random, count: int, first: datetime, length: timedelta) -> list[Row]:
    """Runs of every kind, half of them at whole seconds so that times coincide."""
    return [_generated(random, number, first, length) for number in range(count)]


def _generated(random: Random, number: int, first: datetime, length: timedelta) -> Row:
    status = random.choice(["succeeded"] * 4 + ["failed", "timed_out", "cancelled", "running"])
    start = first + random.random() * length
    start = max(first, random.choice([start, start.replace(microsecond=0)]))
    lasted = timedelta(microseconds=random.choice([0, 1, 10**6, random.randrange(10**10)]))
    is_open = status == "running" or number % 7 == 0
    agent, tokens = random.choice("abc"), random.choice([None, 0, random.randrange(10**6)])
    row = run(f"run-{number}", start, status=status, agent_id=f"agent-{agent}")
    row |= {"end_time": None if is_open else start + lasted, "input_tokens": tokens}
    row["cached_input_tokens"] = None if tokens is None else random.choice([None, tokens // 2])
    if status in ("failed", "timed_out"):
        row["error_type"] = random.choice(ERROR_TYPES)
    return row | {name: random.choice([None, *some]) for name, some in SOMETIMES.items()}


ERROR_TYPES = [None, *(name.removeprefix("ERROR_TYPE_").lower() for name in ErrorType.keys()[1:])]
SOMETIMES: dict[str, list[Any]] = {
    "agent_name": [f"Agent {number}" for number in range(100)],
    "agent_version": ["1", "2"],
    "user_id": ["u-1", "u-2", "ü-3"],
    "model": ["m-1", "m-2"],
    "provider": ["p-1"],
    "output_tokens": [0, *range(7, 10**5, 997)],
    "cost_usd": ["0", "0.10", "123456789.000000000001", "7", "0.02"],
    "credits": ["0.25", "99.25", "3"],
    "user_rating": [1, 2, 3, 4, 5],
    "tool_calls": [0, 3],
    "conversation_id": ["c-1"],
}


def point(metric_type: str, value: float, timestamp: datetime, **tags: str) -> Row:
    content = {"metric_type": metric_type, "value": value, "timestamp": timestamp, "tags": tags}
    return content | {"point_id": uuid.uuid4().hex}


@dataclass(frozen=True)
class Client:
    """Speaks to all services about one workspace."""

    stubs: Stubs
    workspace: str
    metadata: tuple[Any, ...]

    @classmethod
    def of_new_workspace(cls, stubs: Stubs, keys: KeyRing) -> "Client":
        workspace = f"w-{uuid.uuid4().hex[:16]}"
        return cls(stubs, workspace, keys.metadata(workspace))

    async def record(self, rows: Sequence[Row]) -> Counter[str]:
        """What became of the runs, counted."""
        return await self._record(
            "executions", self.stubs.ingest.RecordExecutions, RecordExecutionsRequest, rows
        )

    async def record_points(self, rows: Sequence[Row]) -> Counter[str]:
        return await self._record(
            "metric_points", self.stubs.ingest.RecordMetricPoints, RecordMetricPointsRequest, rows
        )

    async def _record(self, items: str, rpc: Any, kind: Any, rows: Sequence[Row]) -> Counter[str]:
        counted: Counter[str] = Counter()
        message = execution if items == "executions" else lambda row: MetricPoint(**row)
        for start in range(0, len(rows), BATCH):
            batch = [message(row) for row in rows[start : start + BATCH]]
            answer = await self._ask(rpc, kind, **{items: batch})
            counted.update({f.name: value for f, value in answer.counts.ListFields()})
        return counted

    async def _ask(self, rpc: Any, kind: Any, **fields: Any) -> Any:
        return await rpc(kind(workspace_id=self.workspace, **fields), metadata=self.metadata)

    async def metrics(self, **fields: Any) -> metrics_pb.GetMetricsResponse:
        return await self._ask(
            self.stubs.metrics.GetMetrics, metrics_pb.GetMetricsRequest, **fields
        )

    async def aggregates(self, **fields: Any) -> aggregates_pb.CalculateAggregatesResponse:
        rpc = self.stubs.aggregates.CalculateAggregates
        return await self._ask(rpc, aggregates_pb.CalculateAggregatesRequest, **fields)

    async def summary(self, **fields: Any) -> Any:
        rpc, kind = self.stubs.workspaces.GetWorkspaceSummary, workspaces_pb
        return (await self._ask(rpc, kind.GetWorkspaceSummaryRequest, **fields)).summary

    async def agents(self, **fields: Any) -> agents_pb.ListAgentsResponse:
        return await self._ask(self.stubs.agents.ListAgents, agents_pb.ListAgentsRequest, **fields)

    async def performance(self, agent_id: str, **fields: Any) -> Any:
        rpc, kind = self.stubs.agents.GetAgentPerformance, agents_pb.GetAgentPerformanceRequest
        return (await self._ask(rpc, kind, agent_id=agent_id, **fields)).performance


def interval(start: datetime, end: datetime) -> TimeInterval:
    return TimeInterval(start_time=start, end_time=end)


def time_of(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(tzinfo=UTC)
