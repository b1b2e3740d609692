"""The cache: how often it answers while facts stream in, how fast, and how often it asks.

T is how long the dashboards are looked at (60s).
"""

import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import grpc
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsResponse

from bench import bare
from bench.dashboards import CLOSED_PANELS, OPEN_PANEL, WORKSPACES, Dashboards, Question, Tally
from bench.report import conclude, report
from bench.stack import Stack, running_stack
from cli.durations import parse_duration
from cli.home import Home
from cli.tokens.keys import ensured_key
from cli.tokens.signing import Grant, Issuer, signed

GET_METRICS = "/shadower.metrics.v1.MetricsService/GetMetrics"
IN_FLIGHT = 16
INGEST_PAUSE = 0.05
ROUNDS, SECONDS_PER_ROUND = 30, 0.7
WAITERS = 1_000

Ask = Callable[[], Awaitable[Any]]
Metadata = tuple[tuple[str, str], ...]
Call = tuple[bytes, Metadata]


@dataclass
class Findings:
    """What was measured."""

    tally: Tally = field(default_factory=Tally)
    seconds: float = 0
    ingested: int = 0
    hits: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    queries: int = 0


class Users:
    """Those who look at dashboards, each with a token of its own, and what records meanwhile."""

    def __init__(self, stack: Stack, metrics: grpc.aio.Channel, ingest: grpc.aio.Channel) -> None:
        key = ensured_key(Home.at(stack.home))
        self._metadata = {name: _metadata(name, key) for name in WORKSPACES}
        self._get: Any = metrics.unary_unary(GET_METRICS)
        self._ingest = IngestServiceStub(ingest)
        self.dashboards = Dashboards()

    async def ask(self, question: Question) -> bytes:
        payload, metadata = self.call_of(question)
        reply: bytes = await self._get(payload, metadata=metadata, timeout=60)
        return reply

    def call_of(self, question: Question) -> Call:
        return question.payload, self._metadata[question.workspace]

    async def fill(self, tally: Tally) -> None:
        """Every workspace has facts, and every closed panel has been looked at once."""
        remaining = iter(WORKSPACES)
        await asyncio.gather(*(self._fill(remaining, tally) for _ in range(IN_FLIGHT)))

    async def ingest(self, findings: Findings) -> None:
        while True:
            batch = self.dashboards.batch()
            metadata = self._metadata[batch.workspace_id]
            await self._ingest.RecordExecutions(batch, metadata=metadata)
            findings.ingested += len(batch.executions)
            await asyncio.sleep(INGEST_PAUSE)

    async def look(self, tally: Tally, until: float) -> None:
        for question in self.dashboards.questions():
            if time.perf_counter() > until:
                return
            tally.take(question, await self.ask(question))

    async def _fill(self, remaining: Any, tally: Tally) -> None:
        for name in remaining:
            batch = self.dashboards.history(name)
            await self._ingest.RecordExecutions(batch, metadata=self._metadata[name])
            for panel in CLOSED_PANELS:
                question = self.dashboards.question(name, panel)
                tally.take(question, await self.ask(question))


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "60s").total_seconds()
    with tempfile.TemporaryDirectory() as directory, running_stack(Path(directory)) as stack:
        _print(asyncio.run(_measured(stack, seconds)))


async def _measured(stack: Stack, seconds: float) -> Findings:
    findings = Findings()
    async with AsyncExitStack() as opened:
        metrics, ingest = [
            await opened.enter_async_context(grpc.aio.insecure_channel(stack.address_of(name)))
            for name in ("metrics", "ingest")
        ]
        users = Users(stack, metrics, ingest)
        await users.fill(findings.tally)
        await _looked_at(users, findings, seconds)
        await _hits(users, findings, opened)
        findings.queries = await _queries_of_waiters(users)
    return findings


async def _looked_at(users: Users, findings: Findings, seconds: float) -> None:
    ingesting = asyncio.create_task(users.ingest(findings))
    # Long enough that what is looked at often is not looked at for the first time.
    await _all_look(users, findings, 20)
    findings.tally.forget_counts()
    findings.ingested = 0
    await _all_look(users, findings, seconds)
    findings.seconds = seconds
    ingesting.cancel()
    with suppress(asyncio.CancelledError):
        await ingesting


async def _all_look(users: Users, findings: Findings, seconds: float) -> None:
    until = time.perf_counter() + seconds
    await asyncio.gather(*(users.look(findings.tally, until) for _ in range(IN_FLIGHT)))


async def _hits(users: Users, findings: Findings, opened: AsyncExitStack) -> None:
    question = users.dashboards.question(WORKSPACES[0], "last 7 days")
    bare_call = await _bare(opened, await users.ask(question), users.call_of(question))
    for _ in range(ROUNDS):
        findings.hits.append(await _rate(lambda: users.ask(question)))
        findings.floor.append(await _rate(bare_call))


async def _bare(opened: AsyncExitStack, reply: bytes, call: Call) -> Ask:
    """The same request with the same token, which it does not look at."""
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
    (folder / "reply").write_bytes(reply)
    # As services listen, or the way there would be part of what differs.
    address = f"unix:{folder / 'bare.sock'}"
    _start_bare(opened, folder / "reply", address)
    channel = await opened.enter_async_context(grpc.aio.insecure_channel(address))
    method: Any = channel.unary_unary(bare.PATH)
    payload, metadata = call
    await method(payload, metadata=metadata, timeout=30, wait_for_ready=True)
    return lambda: method(payload, metadata=metadata, timeout=30)


def _start_bare(opened: AsyncExitStack, reply: Path, address: str) -> None:
    process = subprocess.Popen(bare.start_arguments(str(reply), address), env=os.environ)
    opened.callback(process.wait, 10)
    opened.callback(process.terminate)


async def _rate(ask: Ask) -> float:
    done, started = count(), time.perf_counter()

    async def worker() -> None:
        while time.perf_counter() < started + SECONDS_PER_ROUND:
            await ask()
            next(done)

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return next(done) / (time.perf_counter() - started)


async def _queries_of_waiters(users: Users) -> int:
    """The most of a few tries, each on a key that nobody has asked for."""
    most = 0
    for number in range(3):
        question = users.dashboards.cold(number)
        replies = await asyncio.gather(*(users.ask(question) for _ in range(WAITERS)))
        most = max(most, len({_as_of(reply) for reply in replies}))
    return most


def _as_of(reply: bytes) -> int:
    return GetMetricsResponse.FromString(reply).as_of.ToNanoseconds()


def _metadata(workspace: str, key: Any) -> Metadata:
    token = signed(Grant((workspace,)), key, Issuer.of_environment(), datetime.now(UTC))
    return (("authorization", f"Bearer {token}"),)


def _print(found: Findings) -> None:
    tally = found.tally
    report(
        f"{len(WORKSPACES):,} workspaces, {found.ingested / found.seconds:.0f} facts/s coming in",
        ["panel", "questions", "calculated", "hit ratio"],
        [
            [p, f"{n:,}", f"{tally.calculations[p]:,}", f"{tally.hit_ratio((p,)):.3f}"]
            for p, n in tally.questions.items()
        ],
    )
    hits, floor = statistics.median(found.hits), statistics.median(found.floor)
    ratios = [hit / bare for hit, bare in zip(found.hits, found.floor, strict=True)]
    report(
        f"{IN_FLIGHT} in flight, {ROUNDS} interleaved rounds",
        ["call", "calls/s"],
        [["a hit", f"{hits:.0f}"], ["bare handler, same bytes", f"{floor:.0f}"]],
    )
    conclude(
        "cache",
        hit_ratio=round(tally.hit_ratio(), 4),
        hit_ratio_closed=round(tally.hit_ratio(tuple(CLOSED_PANELS)), 4),
        hit_ratio_open=round(tally.hit_ratio((OPEN_PANEL,)), 4),
        ratio=round(statistics.median(ratios), 3),
        answers_for_a_thousand_waiters=found.queries,
        questions_per_second=round(sum(tally.questions.values()) / found.seconds),
        facts_per_second=round(found.ingested / found.seconds),
    )
