"""Dashboards of many workspaces, the n-th asked for 1/n as often as the first (Zipf 1.0)."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count

from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.execution_pb2 import EXECUTION_STATUS_SUCCEEDED
from shadower.common.v1.granularity_pb2 import GRANULARITY_DAY, GRANULARITY_HOUR
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest, GetMetricsResponse

WORKSPACES = [f"w-{number}" for number in range(1, 2_001)]
WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(WORKSPACES) + 1)))
METRICS = ("executions", "success_rate", "duration_p95", "total_tokens", "cost")
# In days before the last midnight; the last panel shows the seven days up to now.
CLOSED_PANELS = {
    "yesterday": (1, 0),
    "last 7 days": (7, 0),
    "7 before": (14, 7),
    "30 days": (30, 0),
}
OPEN_PANEL = "up to now"
PANELS = (*CLOSED_PANELS, OPEN_PANEL)
FACTS_AT_ONCE = 20
LATE_PART = 0.01


@dataclass(frozen=True)
class Question:
    """What a panel of a workspace's dashboard asks."""

    workspace: str
    panel: str
    payload: bytes


class Dashboards:
    """What is looked at, and what comes in meanwhile; the same for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self._dice = random.Random(seed)
        self._numbers = count()
        self._midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def questions(self) -> Iterator[Question]:
        while True:
            yield self.question(self._workspace(), self._dice.choice(PANELS))

    def question(self, workspace: str, panel: str) -> Question:
        request = GetMetricsRequest(workspace_id=workspace, metrics=METRICS)
        if panel in CLOSED_PANELS:
            first, last = CLOSED_PANELS[panel]
            request.interval.CopyFrom(self._days(first, last))
            request.granularity = GRANULARITY_HOUR if panel == "yesterday" else GRANULARITY_DAY
        return Question(workspace, panel, request.SerializeToString())

    def batch(self) -> RecordExecutionsRequest:
        """What comes in: nearly all of it just now, the rest up to thirty days late."""
        ages = [self._age() for _ in range(FACTS_AT_ONCE)]
        return self._batch(self._workspace(), ages)

    def history(self, workspace: str) -> RecordExecutionsRequest:
        ages = [timedelta(days=self._dice.uniform(0, 30)) for _ in range(FACTS_AT_ONCE)]
        return self._batch(workspace, ages)

    def cold(self, number: int) -> Question:
        """A closed question that nobody has asked."""
        request = GetMetricsRequest(workspace_id=WORKSPACES[0], metrics=METRICS)
        request.interval.CopyFrom(self._days(20 + number, 5))
        return Question(WORKSPACES[0], "cold", request.SerializeToString())

    def _workspace(self) -> str:
        return self._dice.choices(WORKSPACES, cum_weights=WEIGHTS)[0]

    def _age(self) -> timedelta:
        is_late = self._dice.random() < LATE_PART
        return timedelta(days=self._dice.uniform(0, 30) if is_late else 0, seconds=1)

    def _batch(self, workspace: str, ages: list[timedelta]) -> RecordExecutionsRequest:
        now = datetime.now(UTC)
        return RecordExecutionsRequest(
            workspace_id=workspace, executions=[self._run(now - age) for age in ages]
        )

    def _run(self, started: datetime) -> Execution:
        return Execution(
            execution_id=f"run-{next(self._numbers)}",
            agent_id=f"agent-{self._dice.randrange(5)}",
            status=EXECUTION_STATUS_SUCCEEDED,
            start_time=_timestamp(started),
            input_tokens=self._dice.randrange(8000),
            output_tokens=self._dice.randrange(1500),
            cost_usd="0.004",
        )

    def _days(self, first: int, last: int) -> TimeInterval:
        ends = (self._midnight - timedelta(days=days) for days in (first, last))
        start, end = map(_timestamp, ends)
        return TimeInterval(start_time=start, end_time=end)


@dataclass
class Tally:
    """Questions by panel, and those of them that were calculated anew: each of these has an
    as_of of its own."""

    questions: Counter[str] = field(default_factory=Counter)
    calculations: Counter[str] = field(default_factory=Counter)
    _seen: dict[bytes, int] = field(default_factory=dict)

    def take(self, question: Question, reply: bytes) -> None:
        as_of = GetMetricsResponse.FromString(reply).as_of.ToNanoseconds()
        self.questions[question.panel] += 1
        if self._seen.get(question.payload) != as_of:
            self._seen[question.payload] = as_of
            self.calculations[question.panel] += 1

    def forget_counts(self) -> None:
        self.questions.clear()
        self.calculations.clear()

    def hit_ratio(self, panels: tuple[str, ...] = PANELS) -> float:
        asked = sum(self.questions[panel] for panel in panels)
        return 1 - sum(self.calculations[panel] for panel in panels) / asked


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp
