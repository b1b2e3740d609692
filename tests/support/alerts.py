"""Rules for tests, and alerts that nobody had to wait for."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from google.protobuf.json_format import MessageToJson
from shadower.alerts.v1 import alert_pb2
from shadower.alerts.v1 import alerts_service_pb2 as pb
from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.evaluating import Evaluator
from services.runtime.pool import EVALUATOR_ROLE, open_pool
from services.warehouse.alerts.rules import DueRules
from services.warehouse.database import Database
from tests.support.bus import settings_of
from tests.support.keys import KeyRing
from tests.support.runs import Client, Row, run
from tests.support.stack import Stack

RULE_ID = "failing"
ALERT = "0e8e2f0a-7a51-4d0e-9b5f-6f1f1d1f7a10"
MINUTE = timedelta(minutes=1)
INTERVAL = 5 * MINUTE
ABOVE, BELOW = 1, 2
HOUR = timedelta(hours=1)
AT_ONCE: dict[str, Any] = {"cooldown": {"seconds": 0}}
BY_AGENT: dict[str, Any] = {"group_by": [1]}
LONG = {"seconds": 600}


def rule(**said: Any) -> AlertRule:
    """A threshold on the number of failed runs, unless something else is said."""
    usual: dict[str, Any] = {"name": "Runs fail", "severity": 3}
    if not said.keys() & {"metric", "aggregation"}:
        usual["metric"] = "failed"
    if not said.keys() & {"threshold", "change", "absence", "anomaly", "pattern"}:
        usual["threshold"] = {"comparator": ABOVE, "threshold": 2}
    return AlertRule(**(usual | said))


SOME_RULE = rule()


def file_alert(database_url: str, workspace: str, alert_id: str) -> None:
    """A rule, and a triggered alert of it, as if it had been judged."""
    at = datetime(2026, 4, 2, tzinfo=UTC)
    definition = MessageToJson(SOME_RULE, preserving_proto_field_name=True)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set search_path to shadower")
        connection.execute(
            "insert into alert_rules (workspace_id, rule_id, definition, updated_by, is_enabled,"
            " judged_from, judged_until, due_at)"
            " values (%s, %s, %s, 'a', true, %s, %s, '2100-01-01')"
            " on conflict do nothing",
            (workspace, RULE_ID, definition, at, at),
        )
        connection.execute(
            "insert into alerts (workspace_id, alert_id, rule_id, rule_name, severity, group_key,"
            " group_labels, state, pending_at, triggered_at, judged_at, held_at)"
            " values (%s, %s, 'another', 'r', 1, '', '{}', 'triggered', %s, %s, %s, %s)",
            (workspace, alert_id, at, at, at, at),
        )


def five_minutes(time: datetime) -> datetime:
    """The last multiple of five minutes."""
    return time.replace(minute=time.minute // 5 * 5, second=0, microsecond=0)


def at(start: datetime, *minutes: float) -> list[datetime]:
    return [start + minute * MINUTE for minute in minutes]


def failures(
    times: Iterable[datetime], agent: str = "agent-a", status: str = "failed"
) -> list[Row]:
    return [
        run(f"{agent}-{status}-{number}-{time.isoformat()}", time, agent_id=agent, status=status)
        for number, time in enumerate(times)
    ]


@asynccontextmanager
async def evaluator_of(url: str, topic: str | None = None) -> AsyncIterator[Evaluator]:
    settings = settings_of(url)
    async with open_pool(settings) as pool, open_pool(settings, EVALUATOR_ROLE) as due:
        yield Evaluator(Database(pool, log_topic=topic), DueRules(due))


@dataclass(frozen=True)
class Watch:
    """The rules and alerts of one workspace, whose clock of judgement tests set back."""

    stack: Stack
    keys: KeyRing
    client: Client

    @classmethod
    def of_new_workspace(cls, stack: Stack, keys: KeyRing) -> "Watch":
        return cls(stack, keys, Client.of_new_workspace(stack.stubs, keys))

    @property
    def metadata(self) -> Any:
        permissions = ["alert_evaluations:write"]
        return self.keys.metadata(self.client.workspace, permissions=permissions)

    async def call(self, rpc: str, **fields: Any) -> Any:
        request = getattr(pb, f"{rpc}Request")(workspace_id=self.client.workspace, **fields)
        return await getattr(self.stack.stubs.alerts, rpc)(request, metadata=self.metadata)

    async def make(self, judged_until: datetime, rule_id: str = RULE_ID, **said: Any) -> Any:
        """A rule that has been judged up to a time and is due."""
        made = (await self.call("CreateRule", rule_id=rule_id, rule=rule(**said))).rule
        self.set_back(judged_until, rule_id)
        return made

    def set_back(self, judged_until: datetime, rule_id: str = RULE_ID) -> None:
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection:
            connection.execute(
                "update shadower.alert_rules"
                " set judged_until = %s, judged_from = %s, due_at = now()"
                " where workspace_id = %s and rule_id = %s",
                (judged_until, judged_until, self.client.workspace, rule_id),
            )

    def make_due(self) -> None:
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection:
            connection.execute(
                "update shadower.alert_rules set due_at = now() where workspace_id = %s",
                (self.client.workspace,),
            )

    async def evaluate(self) -> pb.EvaluateRulesResponse:
        return await self.call("EvaluateRules")

    async def alerts(self, *states: str, **fields: Any) -> list[alert_pb2.Alert]:
        numbers = [alert_pb2.AlertState.Value(f"ALERT_STATE_{one.upper()}") for one in states]
        return list((await self.call("ListAlerts", states=numbers, **fields)).alerts)

    async def history(self, alert: alert_pb2.Alert) -> list[str]:
        found = (await self.call("GetAlert", alert_id=alert.alert_id)).history
        names = (alert_pb2.AlertChange.Name(one.change) for one in found)
        return [name.removeprefix("ALERT_CHANGE_").lower() for name in names]

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was told on the bus of alerts, in order."""
        with psycopg.connect(self.stack.database_url) as connection:
            return connection.execute(
                "select type, data from shadower.outbox where workspace_id = %s"
                " and type like 'alert.%%' order by id",
                (self.client.workspace,),
            ).fetchall()
