"""From a rule to a receiver of webhooks, while who judges, who tells and who listens die."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from shadower.alerts.v1.alerts_service_pb2 import CreateRuleRequest, EvaluateRulesRequest
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub
from shadower.notifications.v1.notifications_service_pb2 import CreateTargetRequest
from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub

from tests.support.alerts import HOUR, five_minutes, rule
from tests.support.keys import KeyRing
from tests.support.notifications import QUICK
from tests.support.receivers import Answer, Got, Receiver, running_receiver
from tests.support.stack import Environment, Running, ready, start, stop_all

RULES = [f"rule-{number}" for number in range(8)]
WORKSPACE = "w-breach"


@dataclass(frozen=True)
class Owner:
    """Of the workspace, and of the services' lives."""

    environment: Environment
    keys: KeyRing

    @property
    def metadata(self) -> Any:
        return self.keys.metadata(WORKSPACE, permissions=["alert_evaluations:write"])

    @asynccontextmanager
    async def life(self, name: str, failpoints: str = "") -> AsyncIterator[Running]:
        told = (*self.environment.extra, ("SHADOWER_FAILPOINTS", failpoints))
        service = start(name, replace(self.environment, extra=told))
        try:
            await ready(service)
            yield service
        finally:
            stop_all([service] if service.process.poll() is None else [])

    async def make_rules(self, alerts: Running) -> None:
        """That nothing happens is what they tell: it has been so for an hour."""
        async with alerts.channel() as channel:
            for one in RULES:
                made = rule(metric="executions", absence={})
                request = CreateRuleRequest(workspace_id=WORKSPACE, rule_id=one, rule=made)
                await AlertsServiceStub(channel).CreateRule(request, metadata=self.metadata)
        self._set("judged_until = %s, due_at = now()", five_minutes(datetime.now(UTC)) - HOUR)

    async def make_target(self, notifications: Running, url: str) -> None:
        target = {"name": "Ops", "webhook": {"url": url}}
        request = CreateTargetRequest(workspace_id=WORKSPACE, target_id="ops", target=target)
        async with notifications.channel() as channel:
            await NotificationsServiceStub(channel).CreateTarget(request, metadata=self.metadata)

    async def evaluate(self, alerts: Running) -> None:
        self._set("claimed_until = %s", datetime.min.replace(tzinfo=UTC))
        request = EvaluateRulesRequest(workspace_id=WORKSPACE)
        async with alerts.channel() as channel:
            await AlertsServiceStub(channel).EvaluateRules(request, metadata=self.metadata)

    def _set(self, what: str, value: datetime) -> None:
        with psycopg.connect(self.environment.database_url, autocommit=True) as connection:
            connection.execute(f"update shadower.alert_rules set {what}", (value,))


@pytest.fixture
def owner(database_url: str, jwks_file: Path, tmp_path: Path, keys: KeyRing) -> Owner:
    return Owner(Environment(database_url, jwks_file, tmp_path, QUICK), keys)


async def test_each_alert_is_received_once_whoever_dies(owner: Owner) -> None:
    async with running_receiver() as receiver:
        # It is not well at first, and then somebody says nothing.
        receiver.says("ops", Answer(503), Answer(500))
        async with (
            owner.life("alerts", "judge.kept=kill@3") as judging,
            owner.life("notifications", "notify.sent=kill@4") as telling,
        ):
            await owner.make_target(telling, receiver.at("ops"))
            await owner.make_rules(judging)
            with pytest.raises(grpc.aio.AioRpcError):
                await owner.evaluate(judging)
            async with owner.life("alerts", "judge.committed=kill@2") as judging_on:
                with pytest.raises(grpc.aio.AioRpcError):
                    await owner.evaluate(judging_on)
            async with owner.life("alerts") as judging_last:
                await owner.evaluate(judging_last)
            await asyncio.to_thread(telling.process.wait, 20)
        async with owner.life("notifications"):
            got = await _received(receiver, len(RULES))
    ids = {one.headers["webhook-id"]: one.content["data"]["ruleId"] for one in got}
    assert sorted(ids.values()) == RULES


async def _received(receiver: Receiver, number: int) -> list[Got]:
    """Until there are so many different ones, and a moment longer."""

    def messages() -> set[str]:
        return {one.headers["webhook-id"] for one in receiver.got["ops"]}

    async with asyncio.timeout(20):
        while len(messages()) < number:  # noqa: ASYNC110 - it waits for other processes
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    return receiver.got["ops"]
