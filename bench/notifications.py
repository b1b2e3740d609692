"""Webhooks delivered a second, beside a client that posts the same; and how soon one comes.

N is how many are delivered at once (4000), T for how long single ones are told (5s).
"""

import asyncio
import os
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import grpc
from aiohttp import web
from shadower.notifications.v1.notifications_service_pb2 import CreateTargetRequest
from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub
from shadower.notifications.v1.target_pb2 import Target, WebhookAddress

from bench.report import conclude, percentile, report
from bench.stack import Stack, free_port, running_stack
from cli.durations import parse_duration
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.bus.publishing import Published, publish
from services.warehouse.database import Database

DELIVERIES, TARGETS, AT_ONCE = 4_000, 40, 160
EACH = 0.02
WORKSPACE, CALM = "bench-many", "bench-one"
LOOPBACK = {"SHADOWER_NOTIFICATION_ALLOWED_NETWORKS": "127.0.0.0/8"}
ALERT = {
    "ruleId": "failing",
    "ruleName": "Runs fail",
    "severity": "SEVERITY_CRITICAL",
    "group": {"agent_id": "agent-a"},
    "state": "ALERT_STATE_TRIGGERED",
    "value": 3.0,
    "notifications": 1,
}


@dataclass
class Receiver:
    """Notes when each message came."""

    url: str
    came: dict[str, float] = field(default_factory=dict)
    count: int = 0
    bodies: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.count, self.bodies = self.count + 1, max(self.bodies, len(body))
        self.came[request.headers.get("webhook-id", "")] = time.perf_counter()
        return web.Response()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(120):
            while self.count < count:  # noqa: ASYNC110 - another process sends
                await asyncio.sleep(0.005)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    port = free_port()
    receiver = Receiver(f"http://127.0.0.1:{port}/")
    app = web.Application()
    app.router.add_post("/", receiver.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()


def main() -> None:
    count = int(os.environ.get("N") or DELIVERIES) // TARGETS * TARGETS
    seconds = parse_duration(os.environ.get("T") or "5s").total_seconds()
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), settings=LOOPBACK) as stack,
    ):
        many, floor, waits = asyncio.run(_measured(stack, count, seconds))
    p50, p99 = (1000 * percentile(waits, percent) for percent in (50, 99))
    report(
        f"{count:,} webhooks to {TARGETS} targets of one receiver on this machine",
        ["what", "a second"],
        [["delivered", f"{many:,.0f}"], ["floor: aiohttp's client alone", f"{floor:,.0f}"]],
    )
    report(
        f"{len(waits)} single ones, from the event's commit to the receiver",
        ["p50 (ms)", "p99 (ms)"],
        [[f"{p50:.1f}", f"{p99:.1f}"]],
    )
    conclude(
        "notifications",
        per_second=round(many),
        floor_per_second=round(floor),
        ratio=round(many / floor, 3),
        p50_ms=round(p50, 1),
        p99_ms=round(p99, 1),
    )


async def _measured(
    stack: Stack, count: int, seconds: float
) -> tuple[float, float, Sequence[float]]:
    settings = Settings(DATABASE_URL=stack.state["database_url"], jwks_file=Path("unused"))
    async with receiving() as receiver, open_pool(settings) as pool:
        database = Database(pool)
        await _make(stack, receiver, WORKSPACE, TARGETS)
        await _make(stack, receiver, CALM, 1)
        many = await _delivered(database, receiver, count)
        waits = await _waits(database, receiver, seconds)
        floor = await _posted(receiver, count)
    return many, floor, waits


async def _make(stack: Stack, receiver: Receiver, workspace: str, number: int) -> None:
    metadata = (("authorization", f"Bearer {stack.token(workspace)}"),)
    address = WebhookAddress(url=receiver.url)
    target = Target(name="bench", webhook=address, max_per_minute=6000)
    async with grpc.aio.insecure_channel(stack.address_of("notifications")) as channel:
        stub: Any = NotificationsServiceStub(channel)
        for one in range(number):
            request = CreateTargetRequest(
                workspace_id=workspace, target_id=f"t-{one}", target=target
            )
            await stub.CreateTarget(request, metadata=metadata, wait_for_ready=True)


async def _delivered(database: Database, receiver: Receiver, count: int) -> float:
    """A second, from the commit of all events to the last message."""
    async with database.writing(WORKSPACE) as session:
        for _ in range(count // TARGETS):
            await publish(session, _event(uuid.uuid4()))
    began = time.perf_counter()
    await receiver.until(count)
    return count / (time.perf_counter() - began)


async def _waits(database: Database, receiver: Receiver, seconds: float) -> list[float]:
    committed: dict[str, float] = {}
    before, until = receiver.count, time.perf_counter() + seconds
    while time.perf_counter() < until:
        event_id = uuid.uuid4()
        async with database.writing(CALM) as session:
            await publish(session, _event(event_id))
        committed[f"msg_{event_id.hex}"] = time.perf_counter()
        await asyncio.sleep(EACH)
    await receiver.until(before + len(committed))
    return [receiver.came[one] - at for one, at in committed.items()]


async def _posted(receiver: Receiver, count: int) -> float:
    """By the client that the service uses, as many at once as it has."""
    body, before = b"x" * receiver.bodies, receiver.count
    room = asyncio.Semaphore(AT_ONCE)

    async def post(session: aiohttp.ClientSession) -> None:
        async with room, session.post(receiver.url, data=body) as response:
            await response.read()

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        began = time.perf_counter()
        await asyncio.gather(*(post(session) for _ in range(count)))
        took = time.perf_counter() - began
    assert receiver.count == before + count
    return count / took


def _event(event_id: uuid.UUID) -> Published:
    data = {**ALERT, "alertId": str(event_id)}
    return Published("alert.triggered", data, id=event_id)
