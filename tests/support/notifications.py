"""Targets for tests, and events that are told to them."""

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from shadower.notifications.v1 import delivery_pb2
from shadower.notifications.v1 import notifications_service_pb2 as pb

from services.warehouse.bus.publishing import Published, publish
from services.warehouse.database import Database
from tests.support.keys import KeyRing

PATIENCE_SECONDS = 20
TARGET_ID = "ops"
DELIVERY = "5f1b8f8e-3a52-4c53-8a57-6d7d8a0d2a11"
SOME_TARGET: dict[str, Any] = {"name": "Ops", "webhook": {"url": "https://hooks.example/t"}}
QUICK = (
    ("SHADOWER_NOTIFICATION_ALLOWED_NETWORKS", "127.0.0.0/8,::1/128"),
    ("SHADOWER_NOTIFICATION_RETRY_SECONDS", "0.05"),
    ("SHADOWER_NOTIFICATION_PAUSE_SECONDS", "0.05"),
    ("SHADOWER_NOTIFICATION_TIMEOUT_SECONDS", "1"),
    ("SHADOWER_NOTIFICATION_LEASE_SECONDS", "2"),
    ("SHADOWER_NOTIFICATION_ATTEMPTS", "4"),
)


def alert(alert_id: str = "", **said: Any) -> dict[str, Any]:
    """As AlertsService tells of one."""
    return {
        "alertId": alert_id or str(uuid.uuid4()),
        "ruleId": "failing",
        "ruleName": "Runs fail",
        "severity": "SEVERITY_CRITICAL",
        "group": {"agent_id": "agent-a"},
        "state": "ALERT_STATE_TRIGGERED",
        "value": 3.0,
        "expected": 2.0,
        "pendingTime": "2026-04-02T10:00:00+00:00",
        "judgeTime": "2026-04-02T10:05:00+00:00",
        "notifications": 1,
        "labels": {"team": "core"},
        "runbookUrl": "https://runbooks.example/failing",
    } | said


@dataclass(frozen=True)
class Told:
    """The targets and deliveries of one workspace, and the events that are told there."""

    stub: Any
    database: Database
    keys: KeyRing
    workspace: str

    async def call(self, rpc: str, **fields: Any) -> Any:
        request = getattr(pb, f"{rpc}Request")(workspace_id=self.workspace, **fields)
        metadata = self.keys.metadata(self.workspace)
        return await getattr(self.stub, rpc)(request, metadata=metadata)

    async def make(self, target_id: str = TARGET_ID, **said: Any) -> Any:
        target = {"name": target_id} | said
        return await self.call("CreateTarget", target_id=target_id, target=target)

    async def publish(
        self, data: Mapping[str, Any], kind: str = "alert.triggered", event_id: Any = None
    ) -> uuid.UUID:
        event_id = event_id or uuid.uuid4()
        async with self.database.writing(self.workspace) as session:
            await publish(session, Published(kind, dict(data), id=event_id))
        return event_id

    async def deliveries(self, **asked: Any) -> list[delivery_pb2.Delivery]:
        return list((await self.call("ListDeliveries", **asked)).deliveries)

    async def ended(self, number: int, *, seconds: float = 20, **asked: Any) -> Any:
        """All deliveries, once there are so many and none waits."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.deliveries(**asked)
                if len(found) >= number and all(one.state != WAITING for one in found):
                    return found
                await asyncio.sleep(0.03)

    async def failures(self, least: int) -> int:
        """Of the target ops, in a row. They are known as soon as nothing is sent to it any more."""
        found = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (found := (await self._ops()).failures) < least:  # noqa: ASYNC110
                    await asyncio.sleep(0.03)
        return found

    async def _ops(self) -> Any:
        return (await self.call("GetTarget", target_id=TARGET_ID)).target

    async def attempts(self, delivery: delivery_pb2.Delivery) -> Any:
        found = await self.call("GetDelivery", delivery_id=delivery.delivery_id)
        return list(found.attempts)


WAITING = delivery_pb2.DELIVERY_STATE_WAITING
DELIVERED = delivery_pb2.DELIVERY_STATE_DELIVERED
FAILED = delivery_pb2.DELIVERY_STATE_FAILED


def file_delivery(url: str, workspace: str) -> None:
    """One that was given up, to a target that is there, as if it had been tried."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set search_path to shadower")
        connection.execute(
            "insert into notification_deliveries (workspace_id, target_id, delivery_id, event_id,"
            " event_type, event_at, data, subject, state, ended_at, attempts, error)"
            " values (%s, %s, %s, gen_random_uuid(), 'alert.triggered', now(), '{}', %s,"
            " 'failed', now(), 1, 'TIMEOUT')",
            (workspace, TARGET_ID, DELIVERY, DELIVERY),
        )
        connection.execute(
            "insert into notification_attempts (workspace_id, delivery_id, attempted_at, duration,"
            " status_code, error, response, is_delivered)"
            " values (%s, %s, now(), '1s', 0, 'TIMEOUT', '', false)",
            (workspace, DELIVERY),
        )


def file_target(url: str, workspace: str) -> None:
    """One that nothing is sent to."""
    definition = '{"name": "Ops", "webhook": {}, "disabled": true}'
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set search_path to shadower")
        connection.execute(
            "insert into notification_targets (workspace_id, target_id, definition, sealed,"
            " updated_by, is_enabled) values (%s, %s, %s, %s, 'a', false)",
            (workspace, TARGET_ID, definition, b"\0{}"),
        )
        connection.execute(
            "insert into notification_lanes (workspace_id, target_id) values (%s, %s)",
            (workspace, TARGET_ID),
        )
