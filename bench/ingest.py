"""Rows durably acknowledged a second, beside COPY of the same rows into the same table.

T is how long each way is held at its most to see what memory does (10m).
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from bench.batches import SIZE, Template, last_id, templates
from bench.report import conclude, percentile, report
from bench.sending import CONNECTIONS, IN_FLIGHT, Load, open_load
from bench.stack import Stack, running_stack
from cli.durations import parse_duration
from services.runtime.pool import write_json
from services.warehouse.facts.model import Execution
from tools.kafka.cluster import running_kafka

WORKSPACE = "bench"
COPIED = "copied"
# One for each processor, as anybody would who wants the most of a machine.
REPLICAS = os.cpu_count() or 1
OPTIONS = ("--replicas", f"ingest={REPLICAS}")
ROUNDS = 5
BATCHES = 200
# The same commits as a call has; and as large as makes COPY fastest.
COPY_SIZES = (SIZE, 5_000)
FRESHNESS_SECONDS = 20.0
SETTLE_SECONDS = 60.0
MIB = 1024 * 1024
VISIBLE = "select 1 from execution_keys where workspace_id = $1 and execution_id = $2"


@dataclass
class Findings:
    """What was measured of one way in."""

    copy_rates: dict[int, list[float]] = field(default_factory=lambda: {s: [] for s in COPY_SIZES})
    acknowledged: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return statistics.median(self.written)

    @property
    def copy_rate(self) -> float:
        """The fastest that COPY was."""
        return max(statistics.median(rates) for rates in self.copy_rates.values())

    @property
    def ratio(self) -> float:
        return self.rate / self.copy_rate

    @property
    def drift(self) -> float:
        """The largest way of a process's memory from where it settled, as a part of that."""
        return max(
            max(abs(size / sizes[0] - 1) for size in sizes) for sizes in self.memory.values()
        )


def main() -> None:
    soak = parse_duration(os.environ.get("T") or "10m").total_seconds()
    ingest = ("ingest", *(f"ingest-{number}" for number in range(2, REPLICAS + 1)))
    direct = asyncio.run(_measured({}, ingest, soak))
    with tempfile.TemporaryDirectory() as directory, running_kafka(Path(directory)) as kafka:
        brokers = {"KAFKA_BROKERS": kafka.brokers}
        logged = asyncio.run(_measured(brokers, (*ingest, "writer"), soak))
    _print({"direct": direct, "through Kafka": logged})
    conclude(
        "ingest",
        ratio=round(direct.ratio, 3),
        ratio_kafka=round(logged.ratio, 3),
        rows_per_second=round(direct.rate),
        rows_per_second_kafka=round(logged.rate),
        copy_rows_per_second=round(direct.copy_rate),
        queryable_p99_seconds=round(percentile(direct.delays, 99), 4),
        queryable_p99_seconds_kafka=round(percentile(logged.delays, 99), 4),
        memory_drift=round(direct.drift, 3),
        memory_drift_kafka=round(logged.drift, 3),
        soak_seconds=soak,
    )


async def _measured(settings: dict[str, str], parts: tuple[str, ...], soak: float) -> Findings:
    findings, batches = Findings(), templates(WORKSPACE)
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), *OPTIONS, settings=settings) as stack,
    ):
        database = await _connected(stack)
        token = stack.token(WORKSPACE)
        async with open_load(stack.addresses_of("ingest"), token, batches) as load:
            await _until_visible(database, await _warmed_up(load))
            for turn in range(ROUNDS):
                await _round(findings, database, load, turn)
            await _freshness(findings, database, load)
            await _soaked(findings, stack, load, parts, soak)
        await database.close()
    return findings


async def _warmed_up(load: Load) -> int:
    await load.closed_loop(20)
    return 20


async def _round(findings: Findings, database: Any, load: Load, turn: int) -> None:
    for size in COPY_SIZES:
        findings.copy_rates[size].append(await _copied(database, load.templates, size, turn))
    started, last = time.perf_counter(), 0

    def acknowledged(number: int) -> None:
        nonlocal last
        last = max(last, number)

    load.acknowledged = acknowledged
    findings.acknowledged.append(await load.closed_loop(BATCHES))
    await _until_visible(database, last)
    findings.written.append(BATCHES * SIZE / (time.perf_counter() - started))


async def _copied(database: Any, batches: Sequence[Template], size: int, turn: int) -> float:
    rows = [
        (f"{COPIED}-{size}", *row)
        for number in range(BATCHES)
        for row in batches[number % len(batches)].numbered_rows(turn * BATCHES + number)
    ]
    columns = ("workspace_id", *Execution._fields)
    started = time.perf_counter()
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        await database.copy_records_to_table("executions", records=part, columns=columns)
    return len(rows) / (time.perf_counter() - started)


async def _freshness(findings: Findings, database: Any, load: Load) -> None:
    """From acknowledgement to query, at half of what was the most."""
    waiting: deque[tuple[int, float]] = deque()
    load.acknowledged = lambda number: waiting.append((number, time.perf_counter()))
    sending = asyncio.create_task(load.open_loop(findings.rate / 2, FRESHNESS_SECONDS))
    while waiting or not sending.done():
        if waiting and await database.fetchval(VISIBLE, WORKSPACE, last_id(waiting[0][0])):
            findings.delays.append(time.perf_counter() - waiting.popleft()[1])
        else:
            await asyncio.sleep(0.002)
    await sending


async def _soaked(
    findings: Findings, stack: Stack, load: Load, parts: tuple[str, ...], seconds: float
) -> None:
    """Memory while as much comes as is taken."""
    processes = {name: psutil.Process(stack.pid_of(name)) for name in parts}
    findings.memory = {name: [] for name in parts}
    load.acknowledged = lambda _: None
    settled, end = time.monotonic() + min(SETTLE_SECONDS, seconds / 2), time.monotonic() + seconds
    while time.monotonic() < end:
        await load.closed_loop(BATCHES)
        if time.monotonic() >= settled:
            for name, process in processes.items():
                findings.memory[name].append(process.memory_info().rss / MIB)


async def _until_visible(database: Any, number: int) -> None:
    """That batch, and those that may have been under way beside it."""
    async with asyncio.timeout(120):
        for one in range(max(1, number - CONNECTIONS * IN_FLIGHT), number + 1):
            while not await database.fetchval(VISIBLE, WORKSPACE, last_id(one)):  # noqa: ASYNC110
                await asyncio.sleep(0.002)


async def _connected(stack: Stack) -> Any:
    """As the owner of the tables, whom COPY is allowed."""
    settings = {"search_path": "shadower"}
    database: Any = await asyncpg.connect(stack.state["database_url"], server_settings=settings)
    await database.set_type_codec(
        "jsonb", encoder=write_json, decoder=bytes, schema="pg_catalog", format="binary"
    )
    return database


def _print(found: dict[str, Findings]) -> None:
    report(
        f"Batches of {SIZE}, medians of {ROUNDS} interleaved rounds",
        [
            "way",
            "COPY rows/s",
            "acknowledged rows/s",
            "written rows/s",
            "ratio",
            "queryable p99 ms",
        ],
        [_row(name, findings) for name, findings in found.items()],
    )
    rows = [
        [f"{part}, {name}", f"{sizes[0]:.0f}", f"{min(sizes):.0f}", f"{max(sizes):.0f}"]
        for name, findings in found.items()
        for part, sizes in findings.memory.items()
    ]
    report("Memory at the most that is taken, MiB", ["process", "first", "least", "most"], rows)


def _row(name: str, findings: Findings) -> list[str]:
    copied = " / ".join(f"{statistics.median(r):,.0f}" for r in findings.copy_rates.values())
    return [
        name,
        copied,
        f"{statistics.median(findings.acknowledged):,.0f}",
        f"{findings.rate:,.0f}",
        f"{findings.ratio:.3f}",
        f"{percentile(findings.delays, 99) * 1000:.0f}",
    ]
