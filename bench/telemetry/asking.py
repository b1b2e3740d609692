"""What is asked of both."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import grpc
from shadower.common.v1.granularity_pb2 import GRANULARITY_DAY
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest

from bench import runs
from bench.telemetry.processes import WORKSPACE, Pair, Running

EXECUTIONS = 2_000
AT_ONCE = 10
METRICS = ("executions", "success_rate", "total_tokens", "cost")
GET_METRICS = "/shadower.metrics.v1.MetricsService/GetMetrics"
RECORD = "/shadower.ingest.v1.IngestService/RecordExecutions"
# Of one length, so that a message stays one when it is replaced.
MARK = "@" * 12

Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Subject:
    """A call, and the process that answers it."""

    call: Call
    running: Running


Both = tuple[Subject, Subject]


class Asking:
    """The same of both, in bytes that are made before."""

    def __init__(self, pair: Pair, opened: AsyncExitStack) -> None:
        self._pair = pair
        self._metadata = (("authorization", f"Bearer {pair.token}"),)
        self._end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._numbers = count()
        self._opened = opened

    async def fill(self) -> None:
        made = runs.generated_runs(EXECUTIONS, self._end)
        await runs.load(self._pair.off["ingest"].address, self._pair.token, WORKSPACE, made)

    def cached(self) -> Both:
        question = self._question(0)
        return self._both("metrics", GET_METRICS, lambda: question)

    def uncached(self) -> Both:
        """Of a span that nobody has asked about."""
        return self._both("metrics", GET_METRICS, lambda: self._question(1 + next(self._numbers)))

    def recording(self) -> Both:
        batch = self._batch()
        return self._both(
            "ingest", RECORD, lambda: batch.replace(MARK.encode(), self._number().encode())
        )

    def _both(self, service: str, path: str, message: Callable[[], bytes]) -> Both:
        off, on = self._pair.off[service], self._pair.on[service]
        return self._subject(off, path, message), self._subject(on, path, message)

    def _subject(self, running: Running, path: str, message: Callable[[], bytes]) -> Subject:
        channel = grpc.aio.insecure_channel(running.address)
        self._opened.push_async_callback(channel.close)
        method: Any = channel.unary_unary(path)
        return Subject(lambda: method(message(), metadata=self._metadata, timeout=30), running)

    def _question(self, number: int) -> bytes:
        request = GetMetricsRequest(
            workspace_id=WORKSPACE, metrics=METRICS, granularity=GRANULARITY_DAY
        )
        request.interval.start_time.FromDatetime(
            self._end - timedelta(days=7) + timedelta(seconds=number)
        )
        request.interval.end_time.FromDatetime(self._end)
        return request.SerializeToString()

    def _batch(self) -> bytes:
        request = RecordExecutionsRequest(workspace_id=WORKSPACE)
        for number, run in enumerate(runs.generated_runs(AT_ONCE, self._end)):
            run.execution_id = f"{MARK}-{number}"
            request.executions.append(run)
        return request.SerializeToString()

    def _number(self) -> str:
        return f"{next(self._numbers):0{len(MARK)}}"
