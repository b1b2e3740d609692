"""The course of it: workspaces, crowds of readers, and a producer."""

import asyncio
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import grpc
import psutil
from shadower.common.v1.execution_pb2 import EXECUTION_STATUS_SUCCEEDED
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest

from bench.raising import raise_limits
from bench.stack import Stack
from bench.streams.crowd import run_crowd
from bench.streams.findings import Findings, Told
from bench.streams.readers import KINDS, Place, bearer, workspace_name
from bench.streams.slow import SlowReaders
from cli.home import Home
from cli.tokens.keys import ensured_key
from cli.tokens.signing import Grant, Issuer, signed

WORKSPACES = 100
SETTLE_SECONDS = 5
STOP_SECONDS = 10
RECORD = "/shadower.ingest.v1.IngestService/RecordExecutions"


@dataclass
class Producer:
    """Records one run a second into each workspace, all of them in one bucket of time."""

    method: Any
    tokens: Sequence[str]
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: list[list[float]] = field(default_factory=lambda: [[] for _ in range(WORKSPACES)])
    acknowledged: list[float] = field(default_factory=list)
    """After how many seconds each was."""

    async def record(self, workspace: int, number: int) -> None:
        request = RecordExecutionsRequest(workspace_id=workspace_name(workspace))
        run = request.executions.add(
            execution_id=f"run-{number}", agent_id="agent", status=EXECUTION_STATUS_SUCCEEDED
        )
        run.start_time.FromDatetime(self.start)
        run.end_time.FromDatetime(self.start + timedelta(milliseconds=1))
        metadata = bearer(self.tokens[workspace])
        await self.method(request.SerializeToString(), metadata=metadata, timeout=60)

    async def record_first(self) -> None:
        for workspace in range(WORKSPACES):
            await self.record(workspace, 0)

    async def produce(self, seconds: float) -> float:
        """Updates a second."""
        began = time.monotonic()
        await asyncio.gather(*(self._follow(one, began, seconds) for one in range(WORKSPACES)))
        return sum(map(len, self.sent)) / (time.monotonic() - began)

    async def _follow(self, workspace: int, began: float, seconds: float) -> None:
        """At its own part of each second; later, if the one before was not acknowledged yet."""
        due = began + workspace / WORKSPACES
        while due < began + seconds:
            await asyncio.sleep(max(0, due - time.monotonic()))
            sending = time.monotonic()
            await self.record(workspace, len(self.sent[workspace]) + 1)
            self.sent[workspace].append(sending)
            self.acknowledged.append(time.monotonic() - sending)
            due += 1


async def measured(stack: Stack, streams: int, seconds: float) -> Findings:
    names = [workspace_name(number) for number in range(WORKSPACES)]
    await raise_limits(stack, names)
    tokens = _tokens(stack, names)
    edge = urlsplit(stack.edge)
    place = Place(str(edge.hostname), int(edge.port or 80), tokens)
    async with AsyncExitStack() as opened:
        ingest = await opened.enter_async_context(
            grpc.aio.insecure_channel(stack.address_of("ingest"))
        )
        producer = Producer(ingest.unary_unary(RECORD), tokens)
        await producer.record_first()
        slow = await opened.enter_async_context(SlowReaders.prepared(stack, place))
        crowds = _Crowds(place, streams)
        opened.callback(crowds.stop)
        began = time.monotonic()
        await crowds.open()
        opening = time.monotonic() - began
        await slow.begin()
        load = crowds.parts()
        before, started = _cpu(stack, load), time.monotonic()
        producing = asyncio.create_task(producer.produce(seconds))
        await asyncio.sleep(seconds / 2)
        memory = _memory(stack)
        rate = await producing
        passed = time.monotonic() - started
        cpu = {name: (spent - before[name]) / passed for name, spent in _cpu(stack, load).items()}
        await asyncio.sleep(SETTLE_SECONDS)
        ended_at = time.monotonic()
        told = await crowds.end()
        fate = await slow.fate()
    return Findings(
        told, producer.sent, ended_at, opening, rate, memory, cpu, fate, producer.acknowledged
    )


class _Crowds:
    """A process for each kind of stream."""

    def __init__(self, place: Place, streams: int) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._stop = spawning.Event()
        self._pipes: list[Any] = []
        self._processes: list[Any] = []
        for first, kind in enumerate(KINDS):
            workspaces = [number % WORKSPACES for number in range(first, streams, len(KINDS))]
            ours, theirs = spawning.Pipe()
            arguments = (kind, workspaces, place, theirs, self._stop)
            self._pipes.append((ours, theirs))
            self._processes.append(spawning.Process(target=run_crowd, args=arguments))

    async def open(self) -> None:
        """Returns when each stream has begun or failed to."""
        for process, (_, theirs) in zip(self._processes, self._pipes, strict=True):
            process.start()
            theirs.close()  # Or the end of a process would not be heard.
        await self._hear()

    def parts(self) -> dict[str, psutil.Process]:
        """Of the load: its processor time is taken from what is measured, its memory is not."""
        of_kinds = zip(KINDS, self._processes, strict=True)
        readers = {f"readers: {kind}": psutil.Process(one.pid) for kind, one in of_kinds}
        return {**readers, "producer": psutil.Process()}

    async def end(self) -> list[Told]:
        self._stop.set()
        return [told for crowd in await self._hear() for told in crowd]

    def stop(self) -> None:
        self._stop.set()
        for process in self._processes:
            if process.pid is not None:
                process.join(STOP_SECONDS)
                process.kill()

    async def _hear(self) -> list[Any]:
        return [await asyncio.to_thread(ours.recv) for ours, _ in self._pipes]


def _tokens(stack: Stack, names: Sequence[str]) -> list[str]:
    key, issuer = ensured_key(Home.at(stack.home)), Issuer.of_environment()
    life = timedelta(hours=6)
    # A viewer for each workspace: one may have no more than some sockets.
    grants = [Grant((one,), subject=f"viewer-of-{one}", life=life) for one in names]
    return [signed(grant, key, issuer, datetime.now(UTC)) for grant in grants]


def _parts(stack: Stack) -> dict[str, psutil.Process]:
    pids = {part["name"]: part["pid"] for part in stack.state["parts"]}
    return {name: psutil.Process(pid) for name, pid in pids.items()}


def _memory(stack: Stack) -> dict[str, int]:
    """What several have in common, such as the code of libraries, counts once: by the proportional
    size of each."""
    sizes = {
        name: sum(map(_proportional_bytes, (part, *part.children(recursive=True))))
        for name, part in _parts(stack).items()
    }
    # All others are its children.
    launcher = psutil.Process(stack.launcher_pid)
    return {**sizes, "shadower up": _proportional_bytes(launcher)}


def _proportional_bytes(process: psutil.Process) -> int:
    return int(process.memory_full_info().pss)


def _cpu(stack: Stack, load: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Seconds so far, with those of processes that a part of the stack has started."""
    ours = {
        name: sum(sum(one.cpu_times()[:2]) for one in (part, *part.children(recursive=True)))
        for name, part in _parts(stack).items()
    }
    return ours | {name: sum(one.cpu_times()[:2]) for name, one in load.items()}
