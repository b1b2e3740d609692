"""What owners of workspaces ask for at the edge: rules, a target, and runs that fail."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from shadower.alerts.v1.alert_rule_pb2 import AlertRule
from shadower.alerts.v1.alerts_service_pb2 import CreateRuleRequest
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub
from shadower.common.v1.execution_pb2 import ExecutionStatus
from shadower.ingest.v1.event_pb2 import EventType
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.notifications.v1.notifications_service_pb2 import CreateTargetRequest
from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub
from shadower.notifications.v1.target_pb2 import Target, WebhookAddress

from bench.stack import Stack
from cli.home import Home
from cli.tokens.keys import ensured_key
from cli.tokens.signing import Grant, Issuer, signed
from services.runtime.times import to_timestamp

WORKSPACES = 20
MINUTE = timedelta(minutes=1)
CALL_SECONDS = 30

AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@dataclass(frozen=True)
class Breach:
    """A failed run of an agent that nobody knew before: a group of its rule's own."""

    agent: str
    sent: float
    start: datetime

    @property
    def floor(self) -> float:
        """Seconds until the minute is over in which it is counted."""
        return MINUTE.total_seconds() - self.start.timestamp() % MINUTE.total_seconds()


@dataclass(frozen=True)
class Callers:
    """The owners of workspaces, at the edge."""

    channel: grpc.aio.Channel
    tokens: dict[str, str]

    async def call(self, stub: Any, rpc: str, workspace: str, request: Any) -> None:
        """Again while it cannot be done just now: all that is asked for may be repeated."""
        metadata = (("authorization", f"Bearer {self.tokens[workspace]}"),)
        deadline = time.monotonic() + CALL_SECONDS
        while True:
            try:
                await getattr(stub(self.channel), rpc)(request, metadata=metadata, timeout=5)
                return
            except grpc.aio.AioRpcError as failed:
                if failed.code() not in AGAIN or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def prepare(self, url: str, rules: int) -> None:
        """A target for each workspace, and its share of the rules."""
        for workspace in self.tokens:
            request = CreateTargetRequest(
                workspace_id=workspace, target_id="receiver", target=_target(url)
            )
            await self.call(NotificationsServiceStub, "CreateTarget", workspace, request)
        for number in range(rules):
            workspace = workspace_of(number)
            made = CreateRuleRequest(
                workspace_id=workspace, rule_id=f"rule-{number}", rule=_rule(number)
            )
            await self.call(AlertsServiceStub, "CreateRule", workspace, made)

    async def breach(self, rule: int, number: int) -> Breach:
        workspace, start = workspace_of(rule), datetime.now(UTC)
        breach = Breach(f"agent-{number}", time.monotonic(), start)
        run = Execution(
            execution_id=f"breach-{number}",
            agent_id=breach.agent,
            model=_model(rule),
            status=ExecutionStatus.EXECUTION_STATUS_FAILED,
            start_time=to_timestamp(start),
        )
        request = RecordExecutionsRequest(workspace_id=workspace, executions=[run])
        await self.call(IngestServiceStub, "RecordExecutions", workspace, request)
        return breach


def workspace_of(rule: int) -> str:
    return f"breach-{rule % WORKSPACES:02}"


def _model(rule: int) -> str:
    return f"model-{rule}"


def _target(url: str) -> Target:
    return Target(
        name="Receiver",
        webhook=WebhookAddress(url=url),
        event_types=[EventType.EVENT_TYPE_ALERT_TRIGGERED],
    )


def _rule(number: int) -> AlertRule:
    said: dict[str, Any] = {
        "name": f"Runs of model {number} fail",
        "severity": "SEVERITY_CRITICAL",
        "metric": "failed",
        "filter": {"models": [_model(number)]},
        "group_by": ["DIMENSION_AGENT"],
        "threshold": {"comparator": "COMPARATOR_ABOVE", "threshold": 0},
        "evaluation_interval": MINUTE,
    }
    return AlertRule(**said)


def tokens(stack: Stack) -> dict[str, str]:
    key, issuer = ensured_key(Home.at(stack.home)), Issuer.of_environment()
    names = [workspace_of(number) for number in range(WORKSPACES)]
    life = timedelta(hours=1)
    return {
        one: signed(Grant((one,), subject=f"owner-of-{one}", life=life), key, issuer, _now())
        for one in names
    }


def _now() -> datetime:
    return datetime.now(UTC)
