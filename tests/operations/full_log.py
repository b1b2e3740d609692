"""A full disk under Kafka: what callers and operators are told, and what is counted afterwards.

    python -m tests.operations.full_log [broker | folder | replica]

Under the only broker; under one of its two folders; under one broker of three. As root on Linux,
with Java. Takes some minutes.
"""

import asyncio
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psycopg
from shadower.bus.v1.envelope_pb2 import Envelope
from shadower.upkeep.v1.health_pb2 import SERVICE_STATE_SERVING, DependencyHealth
from shadower.upkeep.v1.health_service_pb2 import GetHealthRequest
from shadower.upkeep.v1.health_service_pb2_grpc import HealthServiceStub

from cli.stack.services import SERVICES
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.kafka import open_consumer
from services.warehouse.migrate import migrate
from tests.operations.disks import Ballast, small_disk
from tests.operations.ground import (
    BATCH,
    Ground,
    Load,
    check,
    ground,
    is_ready,
    load_on,
    new_server,
    say,
    until_ready,
)
from tests.support.kafka import kafka_of_our_own, kafka_settings, kept_records
from tests.support.stack import Environment, Running
from tools.kafka.cluster import Cluster
from tools.kafka.node import Node
from tools.kafka.properties import Seat
from tools.ports import free_ports

MEGABYTES, LEFT_MEGABYTES = 48, 1
WORKSPACES = 6
BATCHES = 5
SECONDS = 120
MANY = 4
NAMES = ("ingest", "metrics", "relay", "writer")


@dataclass(frozen=True)
class Case:
    """Which disk is full, and whether callers may notice."""

    name: str
    what: str
    nodes: int
    folder: str
    is_noticed: bool


CASES = (
    Case("broker", "the only broker's disk", 1, "data", is_noticed=True),
    Case("folder", "the disk of one of a broker's two folders", 1, "more", is_noticed=True),
    Case("replica", "the disk of one broker of three", 3, "data", is_noticed=False),
)


@contextmanager
def kafka_on_small_disk(folder: Path, case: Case) -> Iterator[tuple[Cluster, Ballast]]:
    """The first node's folder is on it."""
    with ExitStack() as stack:
        small = folder / "node-1" / case.folder
        disk = stack.enter_context(small_disk(small, MEGABYTES))
        if case.folder == "more":
            cluster = stack.enter_context(_with_two_folders(folder))
        else:
            cluster = stack.enter_context(kafka_of_our_own(folder, case.nodes))
        yield cluster, Ballast(disk)


@contextmanager
def _with_two_folders(folder: Path) -> Iterator[Cluster]:
    """One node. Groups of consumers are kept in the first folder, which was there alone before."""
    seat = Seat(1, *free_ports(2), folder / "node-1")
    node = Node(seat, [seat], "384m")
    node.start()
    try:
        asyncio.run(_groups_are_kept(Cluster([node]).brokers))
        node.stop()
        # Of what is told twice, the last counts.
        with (seat.directory / "server.properties").open("a") as properties:
            properties.write(f"log.dirs={seat.directory / 'data'},{seat.directory / 'more'}\n")
        node.start()
        yield Cluster([node])
    finally:
        node.stop()


async def _groups_are_kept(brokers: str) -> None:
    """From the first group on, there is a topic of groups."""
    settings = kafka_settings(brokers)
    async with open_consumer(settings, "first", "trial") as consumer:
        await consumer.getmany(timeout_ms=3_000)


@dataclass(frozen=True)
class Scene:
    """What runs in a case."""

    made: Ground
    environment: Environment
    services: dict[str, Running]
    loads: Sequence[Load]

    @property
    def acknowledged(self) -> int:
        return sum(one.acknowledged for one in self.loads)

    def refusals(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for one in self.loads:
            for words, times in one.refusals.items():
                total[words] = total.get(words, 0) + times
        return total

    async def kafka_health(self) -> DependencyHealth:
        """As /health/detailed tells of ingestion."""
        metadata = self.made.keys.metadata(SYSTEM_WORKSPACE)
        request = GetHealthRequest(workspace_id=SYSTEM_WORKSPACE)
        async with self.services["upkeep"].channel() as channel:
            stub: Any = HealthServiceStub(channel)
            answer = await stub.GetHealth(request, metadata=metadata, timeout=10)
        [found] = [
            one
            for service in answer.services
            for one in service.dependencies
            if service.service == SERVICES["ingest"] and one.dependency == "kafka"
        ]
        return found  # type: ignore[no-any-return]


async def opened(made: Ground, url: str, brokers: str, nodes: int) -> Scene:
    mark = uuid.uuid4().hex[:8]
    environment = made.environment(
        url,
        KAFKA_BROKERS=brokers,
        SHADOWER_LOG_TOPIC=f"log-{mark}",
        SHADOWER_BUS_TOPIC=f"bus-{mark}",
        SHADOWER_TOPIC_REPLICATION=str(nodes),
    )
    services = {name: made.start(name, environment) for name in NAMES}
    looking = f"{SERVICES['ingest']}@{services['ingest'].address}"
    extra = dict(environment.extra) | {"SHADOWER_CHECKED_SERVICES": looking}
    services["upkeep"] = made.start("upkeep", made.environment(url, **extra))
    await until_ready(*services.values())
    loads = [load_on(made, [services["ingest"]], [services["metrics"]]) for _ in range(WORKSPACES)]
    return Scene(made, environment, services, loads)


async def while_full(
    scene: Scene, url: str, case: Case, cluster: Cluster, ballast: Ballast
) -> None:
    """Writers go on against the full disk until they have been refused for some time, or until the
    broker has ended, and then to their end."""
    for load in scene.loads:
        load.begin()
    before = scene.acknowledged
    ballast.fill(LEFT_MEGABYTES)
    writers = [asyncio.create_task(load.keep_writing()) for load in scene.loads]
    node = cluster.node(1)
    for _ in range(SECONDS):
        await asyncio.sleep(1)
        if sum(scene.refusals().values()) >= MANY if case.is_noticed else not node.is_alive():
            break
    say(f"the broker {'lives' if node.is_alive() else 'has ended'}")
    say(f"{scene.acknowledged - before} acknowledged since; refusals {scene.refusals()}")
    if case.is_noticed:
        check(bool(scene.refusals()), "writers are refused")
        await is_told(scene)
        if node.is_alive():
            await others_are_written(scene, url)
    else:
        check(not node.is_alive(), "the broker with the full disk has ended")
        await goes_on(scene)
    ballast.clear()
    await again(node)
    for load in scene.loads:
        load.is_over = True
    async with asyncio.timeout(SECONDS):
        await asyncio.gather(*writers)


async def is_told(scene: Scene) -> None:
    for _ in range(30):
        found = await scene.kafka_health()
        if found.state != SERVICE_STATE_SERVING:
            break
        await asyncio.sleep(1)
    say(f"kafka, to ingestion: {found.reason or 'is well'}")
    check(found.state != SERVICE_STATE_SERVING, "/health/detailed tells that kafka is away")
    check(await is_ready(scene.services["ingest"]), "ingestion is ready: it answers, and says no")
    for load in scene.loads:
        await load.count(fresh=False)
    say("ok: questions are answered")


async def others_are_written(scene: Scene, url: str) -> None:
    """Partitions that are left, also by a writer that begins meanwhile."""
    await scene.made.stop(scene.services.pop("writer"))
    before = [stored(url, load.workspace)[0] for load in scene.loads]
    scene.services["writer"] = scene.made.start("writer", scene.environment)
    for _ in range(SECONDS):
        await asyncio.sleep(1)
        now = [stored(url, load.workspace)[0] for load in scene.loads]
        if sum(now) - sum(before) > BATCH * WORKSPACES:
            break
    grown = sum(one > other for one, other in zip(now, before, strict=True))
    say(f"a new writer has written {sum(now) - sum(before)} of {grown} workspaces")
    check(
        sum(now) > sum(before), "a writer that begins meanwhile writes the partitions that are left"
    )


async def goes_on(scene: Scene) -> None:
    before = scene.acknowledged
    await asyncio.sleep(10)
    check(scene.acknowledged > before, f"{scene.acknowledged - before} acknowledged without it")


async def again(node: Node) -> None:
    """As whoever keeps the broker running does."""
    if node.is_alive():
        await asyncio.to_thread(node.stop)
    await asyncio.to_thread(node.start)
    say("the broker is started again")


async def is_exact(scene: Scene, url: str) -> None:
    """What rows, metrics, ledger and bus say."""
    for load in scene.loads:
        for _ in range(SECONDS):
            if stored(url, load.workspace)[0] >= load.acknowledged:
                break
            await asyncio.sleep(1)
        rows, executions = stored(url, load.workspace)
        is_once = rows == executions == load.sent == load.acknowledged
        check(is_once, f"{load.acknowledged} acknowledged, {rows} rows of {executions} executions")
        check(await load.count() == load.acknowledged, "they are counted")
        check(await load.is_balanced(), "the ledger agrees with the facts")


def stored(url: str, workspace: str) -> tuple[int, int]:
    query = """select count(*), count(distinct execution_id) from shadower.executions
        where workspace_id = %s"""
    with psycopg.connect(url) as connection:
        row = connection.execute(query, [workspace]).fetchone()
    return row or (0, 0)


async def bus_is_whole(scene: Scene, url: str) -> None:
    """Every event of the outbox has come to Kafka."""
    told = dict(scene.environment.extra)
    settings = kafka_settings(
        told["KAFKA_BROKERS"], bus_topic=told["SHADOWER_BUS_TOPIC"], topic_partitions=6
    )
    workspaces = [load.workspace for load in scene.loads]
    query = "select event_id::text from shadower.outbox where workspace_id = any(%s)"
    with psycopg.connect(url) as connection:
        published = {row[0] for row in connection.execute(query, [workspaces])}
    for _ in range(SECONDS):
        records = await kept_records(settings, settings.bus_topic)
        arrived = {Envelope.FromString(one).id for one in records}
        if published <= arrived:
            break
        await asyncio.sleep(1)
    missing, more = len(published - arrived), len(records) - len(arrived)
    check(not missing, f"{len(published)} events of the bus have come, {more} of them again")


async def trial(made: Ground, url: str, case: Case, cluster: Cluster, ballast: Ballast) -> None:
    scene = await opened(made, url, cluster.brokers, case.nodes)
    await asyncio.gather(*(load.write(BATCHES) for load in scene.loads))
    say(f"{scene.acknowledged} acknowledged before")
    await while_full(scene, url, case, cluster, ballast)
    refusals = scene.refusals()
    await is_exact(scene, url)
    await bus_is_whole(scene, url)
    kinds = {words.rpartition(" again in ")[0] for words in refusals}
    usual = {f"{grpc.StatusCode.UNAVAILABLE.name} LOG_UNAVAILABLE"}
    check(kinds <= usual, f"refusals may be tried again: {sorted(refusals)}")
    await until_ready(*scene.services.values())
    for service in scene.services.values():
        await made.stop(service)


def run_cases(made: Ground, url: str, cases: Sequence[Case]) -> None:
    for case in cases:
        say(f"--- no room on {case.what}")
        with kafka_on_small_disk(made.folder / f"kafka-{case.name}", case) as (cluster, ballast):
            asyncio.run(trial(made, url, case, cluster, ballast))


def main() -> None:
    asked = set(sys.argv[1:])
    cases = [one for one in CASES if not asked or one.name in asked]
    with tempfile.TemporaryDirectory(prefix="full-log-") as folder, ground(Path(folder)) as made:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        server = new_server(data)
        server.start()
        try:
            migrate(server.get_uri())
            run_cases(made, server.get_uri(), cases)
        finally:
            server.cleanup()
    say("done")


if __name__ == "__main__":
    main()
