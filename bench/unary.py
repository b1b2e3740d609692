"""Unary reads on 100,000 executions, by gRPC and by JSON, beside a bare handler of equal bytes."""

import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx
from google.protobuf.message import Message
from shadower.common.v1.granularity_pb2 import GRANULARITY_DAY
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from bench import bare, runs
from bench.report import conclude, percentile, report
from bench.stack import Stack, running_stack

EXECUTIONS = 100_000
WORKSPACE = "bench"
METRICS = ("executions", "success_rate", "duration_p95", "total_tokens", "cost")
IN_FLIGHT = 4
ROUNDS = 5
SECONDS_PER_ROUND = 4.0
BARE_ADDRESS = "127.0.0.1:50199"

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
    with tempfile.TemporaryDirectory() as directory, running_stack(Path(directory)) as stack:
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
    reply = await grpc_summary()
    _start_bare(opened, reply)
    return [
        Subject("bare handler, same bytes", await _grpc(opened, BARE_ADDRESS, bare.PATH, summary)),
        Subject("GetWorkspaceSummary, gRPC", grpc_summary),
        Subject("GetWorkspaceSummary, JSON", _rest(http, "summary", _span(end))),
        Subject("GetMetrics (30 days, daily), gRPC", grpc_metrics),
        Subject("GetMetrics (30 days, daily), JSON", _rest(http, "metrics", _asked(end))),
    ]


def _start_bare(opened: AsyncExitStack, reply: bytes) -> None:
    file = Path(opened.enter_context(tempfile.TemporaryDirectory())) / "reply"
    file.write_bytes(reply)
    process = subprocess.Popen(bare.start_arguments(str(file), BARE_ADDRESS), env=os.environ)
    opened.callback(process.wait, 10)
    opened.callback(process.terminate)


async def _grpc(
    opened: AsyncExitStack, address: str, path: str, request: Message, token: str = ""
) -> Call:
    """A call that takes bytes and gives bytes, so that the caller's own cost is small."""
    channel = await opened.enter_async_context(grpc.aio.insecure_channel(address))
    method: Any = channel.unary_unary(path)
    payload = request.SerializeToString()
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    return lambda: method(payload, metadata=metadata, timeout=30, wait_for_ready=True)


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
