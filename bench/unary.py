"""Unary reads on 100,000 executions, by gRPC and by JSON, beside a bare handler of equal bytes."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from google.protobuf.message import Message
from shadower.common.v1.granularity_pb2 import GRANULARITY_DAY
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from bench import runs
from bench.calling import open_bare, open_method
from bench.report import conclude, percentile, report
from bench.stack import NO_CACHE, Stack, running_stack

EXECUTIONS = 100_000
WORKSPACE = "bench"
METRICS = ("executions", "success_rate", "duration_p95", "total_tokens", "cost")
IN_FLIGHT = 4
ROUNDS = 5
SECONDS_PER_ROUND = 4.0

SUMMARY = "/shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary"
GET_METRICS = "/shadower.metrics.v1.MetricsService/GetMetrics"

Call = Callable[[], Awaitable[Any]]
Query = list[tuple[str, str | int | float | bool | None]]


@dataclass
class Subject:
    """Something that is called, and how it did."""

    name: str
    call: Call
    seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), settings=NO_CACHE) as stack,
    ):
        asyncio.run(_measure(stack))


async def _measure(stack: Stack) -> None:
    end = datetime.now(UTC)
    token = stack.token(WORKSPACE)
    made = runs.generated_runs(EXECUTIONS, end)
    await runs.load(stack.address_of("ingest"), token, WORKSPACE, made)
    async with AsyncExitStack() as opened:
        subjects = await _subjects(stack, token, end, opened)
        for _ in range(ROUNDS):
            for subject in subjects:
                await _round(subject)
    _print(subjects)


async def _subjects(
    stack: Stack, token: str, end: datetime, opened: AsyncExitStack
) -> list[Subject]:
    interval = _interval(end)
    summary = GetWorkspaceSummaryRequest(workspace_id=WORKSPACE, interval=interval)
    metrics = GetMetricsRequest(
        workspace_id=WORKSPACE, interval=interval, metrics=METRICS, granularity=GRANULARITY_DAY
    )
    grpc_summary = await _grpc(opened, stack.address_of("workspaces"), SUMMARY, summary, token)
    grpc_metrics = await _grpc(opened, stack.address_of("metrics"), GET_METRICS, metrics, token)
    http = await opened.enter_async_context(_http(stack, token))
    floor = await open_bare(opened, await grpc_summary())
    return [
        Subject("bare handler, same bytes", partial(floor, summary.SerializeToString())),
        Subject("GetWorkspaceSummary, gRPC", grpc_summary),
        Subject("GetWorkspaceSummary, JSON", _rest(http, "summary", _span(end))),
        Subject("GetMetrics (30 days, daily), gRPC", grpc_metrics),
        Subject("GetMetrics (30 days, daily), JSON", _rest(http, "metrics", _asked(end))),
    ]


async def _grpc(
    opened: AsyncExitStack, address: str, path: str, request: Message, token: str
) -> Call:
    method = await open_method(opened, address, path, token)
    payload = request.SerializeToString()
    return lambda: method(payload)


def _http(stack: Stack, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{stack.edge}/v1/workspaces/{WORKSPACE}/",
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
        trust_env=False,
    )


def _rest(http: httpx.AsyncClient, path: str, query: Query) -> Call:
    async def call() -> object:
        answer = await http.get(path, params=query)
        answer.raise_for_status()
        return answer.content

    return call


def _interval(end: datetime) -> TimeInterval:
    interval = TimeInterval()
    interval.start_time.FromDatetime(end - timedelta(days=runs.DAYS))
    interval.end_time.FromDatetime(end)
    return interval


def _span(end: datetime) -> Query:
    interval = _interval(end)
    return [
        ("interval.startTime", interval.start_time.ToJsonString()),
        ("interval.endTime", interval.end_time.ToJsonString()),
    ]


def _asked(end: datetime) -> Query:
    return [
        *_span(end),
        *(("metrics", metric) for metric in METRICS),
        ("granularity", "GRANULARITY_DAY"),
    ]


async def _round(subject: Subject) -> None:
    until = time.perf_counter() + SECONDS_PER_ROUND
    started = time.perf_counter()
    done = await asyncio.gather(*(_worker(subject.call, until) for _ in range(IN_FLIGHT)))
    taken = [seconds for worker in done for seconds in worker]
    subject.seconds += taken
    subject.rates.append(len(taken) / (time.perf_counter() - started))


async def _worker(call: Call, until: float) -> list[float]:
    taken = []
    while (started := time.perf_counter()) < until:
        await call()
        taken.append(time.perf_counter() - started)
    return taken


def _print(subjects: list[Subject]) -> None:
    report(
        f"{EXECUTIONS:,} executions, {IN_FLIGHT} in flight, {ROUNDS} interleaved rounds",
        ["call", "calls/s", "p50 ms", "p95 ms", "p99 ms"],
        [[s.name, f"{s.rate:.1f}", *_milliseconds(s)] for s in subjects],
    )
    floor, summary, summary_json, metrics, metrics_json = subjects
    conclude(
        "unary",
        ratio=round(summary.rate / floor.rate, 5),
        ratio_json=round(summary_json.rate / floor.rate, 5),
        ratio_metrics=round(metrics.rate / floor.rate, 5),
        ratio_metrics_json=round(metrics_json.rate / floor.rate, 5),
        floor_calls_per_second=round(floor.rate, 1),
        executions=EXECUTIONS,
    )


def _milliseconds(subject: Subject) -> list[str]:
    return [f"{percentile(subject.seconds, p) * 1000:.2f}" for p in (50, 95, 99)]
