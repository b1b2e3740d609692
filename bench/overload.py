"""Three times as many calls as can be answered: how many still are, and how soon the rest hear no.

A closed loop finds how many GetMetrics a second the stack answers through its edge; an open loop
then sends three times as many, whatever comes back. Both take turns. Limits are raised, so that
what is refused is refused for want of room. A call counts as answered within its deadline of two
seconds.

T is how long each turn is (3s).
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import psutil
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest

from bench import runs
from bench.raising import raise_limits
from bench.report import conclude, percentile, report
from bench.stack import NO_CACHE, Stack, running_stack
from cli.durations import parse_duration

WORKSPACE = "bench"
METHOD = "/shadower.metrics.v1.MetricsService/GetMetrics"
EXECUTIONS = 1_000
# More than are ever in flight.
QUESTIONS = 20_000
ROUNDS = 5
IN_FLIGHT = 16
# An edge takes 128 calls on a connection; the rest would wait within the client.
CONNECTIONS = 16
TIMES = 3
DEADLINE_SECONDS = 2.0
PAUSE_SECONDS = 0.005
EXCESS_LIMIT_MS = 50
REFUSED = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
MIB = 1024 * 1024


@dataclass
class Turn:
    """What became of calls: how long the answered and the refused ones took."""

    seconds: float = 0
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    late: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """How often another status came, by its name."""

    @property
    def rate(self) -> float:
        return len(self.answered) / self.seconds


@dataclass(frozen=True)
class Caller:
    """Calls over its connections in turn."""

    methods: Sequence[Any]
    requests: Sequence[bytes]
    metadata: tuple[tuple[str, str], ...]
    numbers: "count[int]" = field(default_factory=count)

    async def call(self, turn: Turn) -> None:
        number = next(self.numbers)
        method = self.methods[number % len(self.methods)]
        request = self.requests[number % len(self.requests)]
        started = time.perf_counter()
        try:
            await method(request, metadata=self.metadata, timeout=DEADLINE_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() in REFUSED:
                turn.refused.append(time.perf_counter() - started)
            elif error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                turn.late += 1
            else:
                turn.others[error.code().name] += 1
        else:
            turn.answered.append(time.perf_counter() - started)

    async def closed_loop(self, seconds: float) -> Turn:
        turn, started = Turn(), time.perf_counter()

        async def worker() -> None:
            while time.perf_counter() < started + seconds:
                await self.call(turn)

        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
        turn.seconds = time.perf_counter() - started
        return turn

    async def open_loop(self, rate: float, seconds: float) -> Turn:
        """Returns when the last of them has heard something; that time counts, too."""
        turn, started, sent = Turn(), time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while (passed := time.perf_counter() - started) < seconds:
                due = int(passed * rate)
                for _ in range(sent, due):
                    group.create_task(self.call(turn))
                sent = due
                await asyncio.sleep(PAUSE_SECONDS)
        turn.seconds = time.perf_counter() - started
        return turn


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "3s").total_seconds()
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), settings=NO_CACHE) as stack,
    ):
        asyncio.run(_measured(stack, seconds))


async def _measured(stack: Stack, seconds: float) -> None:
    peaks, loads = [], []
    async with AsyncExitStack() as opened:
        caller = await _caller(stack, opened)
        await caller.closed_loop(1)
        before = _memory(stack)
        for _ in range(ROUNDS):
            peaks.append(await caller.closed_loop(seconds))
            loads.append(await caller.open_loop(TIMES * peaks[-1].rate, seconds))
        _print(peaks, loads, before, _memory(stack))


async def _caller(stack: Stack, opened: AsyncExitStack) -> Caller:
    token, end = stack.token(WORKSPACE), datetime.now(UTC)
    made = runs.generated_runs(EXECUTIONS, end)
    await runs.load(stack.address_of("ingest"), token, WORKSPACE, made)
    await raise_limits(stack, [WORKSPACE])
    options = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
    edge = urlsplit(stack.edge).netloc
    channels = [
        await opened.enter_async_context(grpc.aio.insecure_channel(edge, options))
        for _ in range(CONNECTIONS)
    ]
    methods: list[Any] = [channel.unary_unary(METHOD) for channel in channels]
    bearer = (("authorization", f"Bearer {token}"),)
    return Caller(methods, [_request(end, number) for number in range(QUESTIONS)], bearer)


def _request(end: datetime, number: int) -> bytes:
    """Each of another interval, since those who ask the same at once share an answer."""
    start = end - timedelta(days=runs.DAYS, milliseconds=number)
    request = GetMetricsRequest(workspace_id=WORKSPACE, metrics=["executions"])
    request.interval.start_time.FromDatetime(start)
    request.interval.end_time.FromDatetime(end)
    return request.SerializeToString()


def _memory(stack: Stack) -> dict[str, int]:
    names = ("edge", "limits", "metrics")
    return {name: psutil.Process(stack.pid_of(name)).memory_info().rss for name in names}


def _print(
    peaks: list[Turn], loads: list[Turn], before: dict[str, int], after: dict[str, int]
) -> None:
    report(
        f"{IN_FLIGHT} in flight, then {TIMES} times as many calls as were answered",
        ["round", "peak/s", "answered/s", "refused", "late", "refused p99 ms"],
        [_row(*turn) for turn in enumerate(zip(peaks, loads, strict=True), start=1)],
    )
    refused = [seconds for load in loads for seconds in load.refused]
    pairs = zip(loads, peaks, strict=True)
    conclude(
        "overload",
        ratio=round(statistics.median(load.rate / peak.rate for load, peak in pairs), 3),
        peak_per_second=round(statistics.median(peak.rate for peak in peaks), 1),
        refused=len(refused),
        late=sum(load.late for load in loads),
        other_statuses=dict(sum((load.others for load in loads), Counter())),
        refused_p99_ms=round(percentile(refused, 99) * 1000, 1) if refused else None,
        refused_limit_ms=EXCESS_LIMIT_MS,
        memory_growth_mib={name: round((after[name] - before[name]) / MIB, 1) for name in after},
    )


def _row(number: int, turn: tuple[Turn, Turn]) -> list[str]:
    peak, load = turn
    p99 = f"{percentile(load.refused, 99) * 1000:.1f}" if load.refused else ""
    counts = (len(load.refused), load.late)
    return [str(number), f"{peak.rate:.0f}", f"{load.rate:.0f}", *map(str, counts), p99]
