"""Questions to every reading RPC about a month in the middle of a history, and their statements.

The servicers run in this process, so that one can listen to what they ask the database.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from google.protobuf.message import Message
from shadower.access.v1 import access_service_pb2 as access
from shadower.agents.v1 import agents_service_pb2 as agents
from shadower.aggregates.v1 import aggregates_service_pb2 as aggregates
from shadower.aggregates.v1.aggregation_pb2 import Aggregation, Field, Function
from shadower.alerts.v1 import alerts_service_pb2 as alerts
from shadower.bus.v1 import dead_letters_service_pb2 as bus
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.ingest.v1 import ingest_service_pb2 as ingest
from shadower.limits.v1 import limits_service_pb2 as limits
from shadower.metrics.v1 import metrics_service_pb2 as metrics
from shadower.notifications.v1 import notifications_service_pb2 as notifications
from shadower.reports.v1 import reports_service_pb2 as reports
from shadower.scheduler.v1 import scheduler_service_pb2 as scheduler
from shadower.upkeep.v1 import erasure_service_pb2 as erasure
from shadower.upkeep.v1 import health_service_pb2 as health
from shadower.upkeep.v1 import retention_service_pb2 as retention
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces

from gateway.limits.counters import OwnCounters
from gateway.limits.limiter import Limiter
from gateway.limits.overrides import Overrides
from gateway.limits.quotas import Quotas
from gateway.limits.servicer import LimitsServicer
from scheduler.jobs import JOBS
from scheduler.servicer import SchedulerServicer
from services.access.servicer import AccessServicer
from services.agents.servicer import AgentsServicer
from services.aggregates.servicer import AggregatesServicer
from services.alerts.servicer import AlertsServicer
from services.ingest.servicer import IngestServicer
from services.metrics.servicer import MetricsServicer
from services.metrics.view import Sources
from services.metrics.views import Views
from services.notifications.definitions import Vault
from services.notifications.sealing import Sealer
from services.notifications.servicer import NotificationsServicer
from services.relay.replaying import Replayer
from services.relay.servicer import DeadLettersServicer
from services.reports.servicer import ReportsServicer
from services.runtime.call import CURRENT_CALL, Call
from services.runtime.draining import Draining
from services.runtime.identity import Principal
from services.runtime.pool import open_pool
from services.runtime.validator import MessageValidator
from services.upkeep.erasure_servicer import ErasureServicer
from services.upkeep.health_servicer import HealthServicer
from services.upkeep.retention_servicer import RetentionServicer
from services.upkeep.standing import Processes
from services.warehouse.database import Database
from services.warehouse.facts.announcements import Announcements
from services.workspaces.servicer import WorkspacesServicer
from tests.support.alerts import ALERT, RULE_ID, rule
from tests.support.bus import settings_of
from tests.support.dead_letters import LETTER
from tests.support.notifications import DELIVERY, TARGET_ID
from tests.support.plans import Listener, Reading, Statement
from tests.support.reports import DEFINITION_ID, REPORT_ID
from tests.support.runs import interval
from tools.history import History

# As many tenants, and as much of each month, as make a planner think of indexes.
WORKSPACES = tuple(f"w-{number:02}" for number in range(40))
WORKSPACE = WORKSPACES[7]
# Some of which the time that is asked about is rolled up.
ROLLED = WORKSPACES[20:24]
HISTORY = History(
    WORKSPACES,
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 7, 1, tzinfo=UTC),
    {"executions": 90_000, "metric_points": 60_000, "events": 20_000, "spans": 20_000},
)
START, END = datetime(2026, 4, 10, 7, tzinfo=UTC), datetime(2026, 4, 20, 18, 30, tzinfo=UTC)
ASKED = {"workspace_id": WORKSPACE, "interval": interval(START, END)}
AGENT, GAUGE = "agent-3", "gauge.3"
BY_TIME, BY_AGENT = "executions_pkey", "executions_by_agent"
POINTS_BY_TYPE = "metric_points_by_type"


@dataclass(frozen=True)
class Read:
    """A question, the months that its answer needs, and the indexes that lead to them.

    Without months, facts are asked for by another time than that by which they are partitioned.
    """

    request: Message
    months: frozenset[str] | None
    indexes: frozenset[str] = frozenset()

    @property
    def service(self) -> str:
        return self.request.DESCRIPTOR.file.package.split(".")[1]

    @property
    def rpc(self) -> str:
        return self.request.DESCRIPTOR.name.removesuffix("Request")

    def objections(self, reading: Reading) -> list[str]:
        """What is wrong with a way to the answer."""
        found = [f"{partition} is read from end to end" for partition in reading.sequential]
        found += [f"{index} is not used" for index in self.indexes - reading.indexes]
        if self.months is not None:
            found += [f"nobody asked about {month}" for month in reading.months - self.months]
        return sorted(found)


def _of_april(kind: Any, indexes: set[str], **fields: Any) -> Read:
    return Read(kind(**ASKED, **fields), APRIL, frozenset(indexes))


def _of_april_and_before(kind: Any, indexes: set[str], **fields: Any) -> Read:
    """Beside the period before, which begins in March as the 30 days of monthly users do."""
    return Read(kind(**ASKED, **fields), APRIL | MARCH, frozenset(indexes))


def _of_no_time(kind: Any, indexes: set[str], **fields: Any) -> Read:
    return Read(kind(workspace_id=WORKSPACE, **fields), frozenset(), frozenset(indexes))


APRIL, MARCH = frozenset({"2026_04"}), frozenset({"2026_03"})
METRICS, STREAM = metrics.GetMetricsRequest, metrics.StreamMetricsRequest
AGGREGATES = aggregates.CalculateAggregatesRequest
SUMMARY = workspaces.GetWorkspaceSummaryRequest
AGENTS, PERFORMANCE = agents.ListAgentsRequest, agents.GetAgentPerformanceRequest
LETTERS, ONE_LETTER = bus.ListDeadLettersRequest, bus.GetDeadLetterRequest

HOURLY: dict[str, Any] = {"granularity": Granularity.GRANULARITY_HOUR}
BY_MODEL: dict[str, Any] = {"group_by": [Dimension.DIMENSION_MODEL]}
OF_AGENT: dict[str, Any] = {"filter": {"agent_ids": [AGENT]}}
BY_COST: dict[str, Any] = {"order_by": agents.AGENT_ORDER_COST}
P95: dict[str, Any] = {"function": Function.FUNCTION_PERCENTILE, "percentile": 95}
P95_OF_COST = [Aggregation(field=Field.FIELD_COST, **P95)]
P95_OF_POINTS = [Aggregation(metric_type=GAUGE, **P95)]

READS = {
    "hourly metrics": _of_april(METRICS, {BY_TIME}, metrics=["cost"], **HOURLY),
    "metrics of an agent": _of_april(METRICS, {BY_AGENT}, metrics=["cost"], **OF_AGENT),
    "metrics by model": _of_april(METRICS, {BY_TIME}, metrics=["duration_p95"], **BY_MODEL),
    "hourly points": _of_april(METRICS, {POINTS_BY_TYPE}, metrics=[GAUGE], **HOURLY),
    "stream": _of_april(STREAM, {BY_TIME}, metrics=["cost"], **HOURLY),
    "list of metrics": _of_no_time(metrics.ListMetricsRequest, {POINTS_BY_TYPE}),
    "aggregates": _of_april(AGGREGATES, {BY_TIME}, aggregations=P95_OF_COST),
    "aggregates of points": _of_april(AGGREGATES, {POINTS_BY_TYPE}, aggregations=P95_OF_POINTS),
    "rollups": _of_no_time(aggregates.ListRollupsRequest, set()),
    "agents": _of_april(AGENTS, {BY_TIME, BY_AGENT}, **BY_COST),
    "summary": _of_april_and_before(SUMMARY, {BY_TIME, BY_AGENT}),
    "performance": _of_april_and_before(PERFORMANCE, {BY_TIME, BY_AGENT}, agent_id=AGENT),
    "revoked tokens": _of_no_time(access.ListRevokedTokensRequest, set()),
    "API keys": _of_no_time(access.ListApiKeysRequest, set()),
    "audit entries": _of_no_time(access.ListAuditEntriesRequest, set()),
    "audit export": _of_no_time(access.ExportAuditEntriesRequest, set()),
    "rule": _of_no_time(alerts.GetRuleRequest, set(), rule_id=RULE_ID),
    "rules": _of_no_time(alerts.ListRulesRequest, set()),
    "preview of a rule": Read(
        alerts.PreviewRuleRequest(**ASKED, rule=rule(evaluation_interval={"seconds": 3600})),
        APRIL,
        frozenset({BY_TIME}),
    ),
    "alerts": _of_no_time(alerts.ListAlertsRequest, set()),
    "alert": _of_no_time(alerts.GetAlertRequest, set(), alert_id=ALERT),
    "silences": _of_no_time(alerts.ListSilencesRequest, set()),
    "target": _of_no_time(notifications.GetTargetRequest, set(), target_id=TARGET_ID),
    "targets": _of_no_time(notifications.ListTargetsRequest, set()),
    "deliveries": _of_no_time(notifications.ListDeliveriesRequest, set()),
    "delivery": _of_no_time(notifications.GetDeliveryRequest, set(), delivery_id=DELIVERY),
    "definition": _of_no_time(reports.GetDefinitionRequest, set(), definition_id=DEFINITION_ID),
    "definitions": _of_no_time(reports.ListDefinitionsRequest, set()),
    "report": _of_no_time(reports.GetReportRequest, set(), report_id=REPORT_ID),
    "reports": _of_no_time(reports.ListReportsRequest, set()),
    "links to a report": _of_no_time(reports.ListReportLinksRequest, set(), report_id=REPORT_ID),
    "ledger": Read(ingest.ReconcileRequest(**ASKED, recount=True), None),
    "limits": _of_no_time(limits.ListLimitsRequest, set()),
    # Of the present month, and of the first fact ever.
    "usage": Read(limits.GetUsageRequest(workspace_id=WORKSPACE), None, frozenset({BY_TIME})),
    "retention": _of_no_time(retention.GetRetentionRequest, set()),
    "erasures": _of_no_time(erasure.ListErasuresRequest, set()),
    "erasure": _of_no_time(erasure.GetErasureRequest, set(), erasure_id=LETTER),
    "health": _of_no_time(health.GetHealthRequest, set()),
    "health checks": _of_no_time(health.ListChecksRequest, set(), service="postgresql"),
    "jobs": _of_no_time(scheduler.ListJobsRequest, set()),
    "runs of jobs": _of_no_time(scheduler.ListJobRunsRequest, set()),
    "dead letters": _of_no_time(LETTERS, set()),
    "dead letter": _of_no_time(ONE_LETTER, set(), dead_letter_id=LETTER),
}
# They answer from a file, from memory, and by reckoning; or find a report as others do, and then
# read its file.
WITHOUT_DATABASE = {"GetPriceTable", "GetCacheStatistics", "PreviewSchedule"}
WITHOUT_DATABASE |= {"GetStatistics", "DownloadReport", "OpenReportLink"}
# Its statements are of another role's pool, and looked at with it.
WITHOUT_DATABASE |= {"ExportExecutions"}
READER = Principal(
    "reader", "token", frozenset(WORKSPACES), frozenset(), datetime.max.replace(tzinfo=UTC), 0
)


@dataclass(frozen=True)
class Services:
    """The servicers over one database, and what they ask it."""

    servicers: dict[str, Any]
    listener: Listener

    async def statements(self, read: Read) -> list[Statement]:
        """What it takes to answer."""
        self.listener.statements.clear()
        CURRENT_CALL.set(Call(None, None, {}, identity=READER))
        servicer = self.servicers[read.service]
        handler = getattr(type(servicer), read.rpc)
        # Past the cache, if there is one.
        calculate = getattr(handler, "__wrapped__", partial(handler, context=None))
        answer = calculate(servicer, read.request)
        if read.rpc.startswith(("Stream", "Export")):
            [_ async for _ in answer]
        else:
            await answer
        await asyncio.sleep(0)  # The driver tells its listeners a moment later.
        return list(self.listener.statements)


@asynccontextmanager
async def listened_services(database_url: str) -> AsyncIterator[Services]:
    listener = Listener()
    async with open_pool(settings_of(database_url), prepare=listener.prepare) as pool:
        yield Services(_servicers(Database(pool)), listener)


def _servicers(database: Database) -> dict[str, Any]:
    draining, limiter = Draining(), Limiter(OwnCounters(), None)
    sources = Sources(database, Announcements(), draining)
    return {
        "access": AccessServicer(database, timedelta(days=1)),
        "agents": AgentsServicer(database, None),
        "aggregates": AggregatesServicer(database, None),
        "alerts": AlertsServicer(database, None),
        "bus": DeadLettersServicer(database, Replayer(database, None)),
        "ingest": IngestServicer(None, database, _no_log, MessageValidator(), draining),
        "limits": LimitsServicer(
            database, Overrides(NothingSet()), Quotas(database, NothingSet()), limiter
        ),
        "metrics": MetricsServicer(database, Views(sources, 10, 10_000), None),
        "notifications": NotificationsServicer(database, None, Vault(Sealer([])), None),
        "reports": ReportsServicer(database, None),
        "scheduler": SchedulerServicer(database, JOBS),
        "upkeep": Upkeep(database),
        "workspaces": WorkspacesServicer(database, None),
    }


class Upkeep(RetentionServicer, ErasureServicer, HealthServicer):
    """As far as it is asked and does nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._processes = cast(Processes, NoProcesses())


class NoProcesses:
    """Where nobody says what he stands on."""

    async def standing(self) -> dict[str, Any]:
        return {}


class NothingSet:
    """Where no limit and no quota ever was."""

    async def since(self, _position: int) -> Any:
        return [], 0


async def _no_log(_workspace_id: str) -> None:
    """Where it ends is nowhere."""
