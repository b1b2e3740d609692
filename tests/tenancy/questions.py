"""What a tenant asks of each RPC. One that is missing here fails the test."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests.support.otlp import export, otlp_span
from tests.tenancy.alerting import CHANGED, OVER, RESTING, TAKEN, rule, silence
from tests.tenancy.notifying import CHANGED_TARGET, RETRIED, ROTATED, target
from tests.tenancy.reporting import CHANGED_DEFINITION, UNWANTED, definition
from tests.tenancy.tenants import END, LEFT_OUT, START, Tenant, events, executions, points, told

Fields = dict[str, Any]
Question = Callable[[Tenant, Tenant], Fields]
"""The fields of a request, beside its workspace: of who asks, and of whose ids it names."""
INTERVAL = {"interval": {"start_time": told(START), "end_time": told(END)}}
METRICS = {
    "metrics": ["executions", "total_tokens", "cost", "duration_avg"],
    "group_by": ["DIMENSION_AGENT", "DIMENSION_MODEL"],
    "granularity": "GRANULARITY_HOUR",
    **INTERVAL,
}
# What is packed tells nobody whose it is.
AS_TEXT = {"format": "EXPORT_FORMAT_CSV", "compression": "EXPORT_COMPRESSION_NONE"}
POINTS = {"metrics": ["queue.depth"], "group_by_tags": ["region"], **INTERVAL}
LIMIT = {"limit_class": "LIMIT_CLASS_EXPORTS", "scope": "LIMIT_SCOPE_API_KEY"}
SOON = told(datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1))
PROTOBUF = "application/x-protobuf"
KEPT_LONG: Fields = {"policy": {"alert_history_days": 365}, "etag": "0"}


def same(fields: Fields) -> Question:
    """Both ask the same, so that only their workspaces tell the answers apart."""
    return lambda _own, _named: fields


def fresh(fields: Fields) -> Question:
    """Every other time by the database, the others by what is remembered."""
    return lambda own, _named: {
        **fields,
        **({"max_staleness": "0s"} if own.next("question") % 2 else {}),
    }


def aggregates(own: Tenant, _named: Tenant) -> Fields:
    kinds = ("FUNCTION_SUM", "FUNCTION_AVERAGE", "FUNCTION_MAXIMUM")
    wanted = [{"field": "FIELD_INPUT_TOKENS", "function": kind} for kind in kinds]
    grouped = {"group_by": ["DIMENSION_AGENT", "DIMENSION_USER"], **INTERVAL}
    return fresh({"aggregations": wanted, **grouped})(own, own)


def traces(own: Tenant) -> Any:
    said = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": own.named("traced")}
    span = otlp_span(own.number, attributes={**said, "user.id": own.named("user")})
    span.trace_id = own.number.to_bytes(16)
    return export(span, scope=own.word, service_name=own.named("service"))


def measures(own: Tenant) -> Any:
    """Gauges of a program."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="otlp.depth")
    point = metric.gauge.data_points.add(as_double=own.number)
    point.time_unix_nano = int((START + timedelta(minutes=5)).timestamp()) * 10**9
    attribute = point.attributes.add(key="region")
    attribute.value.string_value = own.word
    return request


def body(message: Callable[[Tenant], Any]) -> Question:
    def question(own: Tenant, _named: Tenant) -> Fields:
        return {"body": {"content_type": PROTOBUF, "data": message(own).SerializeToString()}}

    return question


def foreign(message: Callable[[Tenant], Any]) -> Question:
    return lambda own, _named: MessageToDict(message(own), preserving_proto_field_name=True)


def doomed(own: Tenant, named: Tenant) -> Fields:
    """Each of the own keys once, and then the last one again, which is gone."""
    keys = named.doomed_keys
    return {"api_key_id": keys[min(own.next("gone"), len(keys) - 1)] if own is named else keys[-1]}


def revoked(own: Tenant, _named: Tenant) -> Fields:
    return {
        "token_id": own.named("token", own.next("question") % 20),
        "expire_time": SOON,
        "reason": own.named("reason"),
    }


def made(own: Tenant, _named: Tenant) -> Fields:
    return {"display_name": own.named("key"), "permissions": ["PERMISSION_METRICS_READ"]}


def recorded(own: Tenant, _named: Tenant) -> Fields:
    return {"sequence": "1", "executions": executions(own)[:5], "events": events(own)}


def somebody(own: Tenant) -> Fields:
    """Whom no fact names."""
    return dict.fromkeys(("user_id", "confirm_user_id"), own.named("nobody"))


def ruled(own: Tenant, _named: Tenant) -> Fields:
    """Both have rules of the same ids made, one after the other."""
    made = f"made-{own.next('rule')}"
    return {"rule_id": made, "rule": rule(own, made)}


def changed(own: Tenant, named: Tenant) -> Fields:
    """It says the same from the second time on."""
    rule_id = CHANGED if own is named else named.rule
    said = rule(own, "otherwise", disabled=True)
    return {"rule_id": rule_id, "rule": said, "etag": named.etags[rule_id]}


def quieted(own: Tenant, _named: Tenant) -> Fields:
    return silence(own, f"made-{own.next('silence')}")


def handled(alert_id: str) -> Question:
    """An alert of an id that both have, or another's."""
    return lambda own, named: {
        "alert_id": alert_id if own is named else named.alert,
        "note": own.named("note"),
    }


def defined(own: Tenant, _named: Tenant) -> Fields:
    return {
        "definition_id": f"made-{own.next('definition')}",
        "definition": definition(own, "made"),
    }


def redefined(own: Tenant, named: Tenant) -> Fields:
    """It says the same from the second time on."""
    definition_id = CHANGED_DEFINITION if own is named else named.report
    etag = named.etags[f"report {definition_id}"]
    said = definition(own, "otherwise")
    return {"definition_id": definition_id, "definition": said, "etag": etag}


def wished(own: Tenant, _named: Tenant) -> Fields:
    made = f"made-{own.next('report')}"
    return {"report_id": made, "definition": definition(own, "made"), **INTERVAL}


def side(own: Tenant, named: Tenant) -> str:
    """What is deleted by the one is what the other keeps."""
    return own.doomed if own is named else named.kept


def aimed(own: Tenant, _named: Tenant) -> Fields:
    """Both have targets of the same ids made, one after the other."""
    made = f"made-{own.next('target')}"
    return {"target_id": made, "target": target(own, made)}


def redirected(own: Tenant, named: Tenant) -> Fields:
    """It says the same from the second time on."""
    target_id = CHANGED_TARGET if own is named else named.target
    said = target(own, "otherwise")
    return {"target_id": target_id, "target": said, "etag": named.etags[f"target {target_id}"]}


def of_target(target_id: str) -> Question:
    """A target of an id that both have, or another's."""
    return lambda own, named: {"target_id": target_id if own is named else named.target}


def number_of(own: Tenant, _named: Tenant) -> str:
    return str(own.number)


QUESTIONS: Mapping[str, Question] = {
    "access.v1.AccessService/RevokeToken": revoked,
    "access.v1.AccessService/ListRevokedTokens": same({}),
    "access.v1.AccessService/CreateApiKey": made,
    "access.v1.AccessService/ListApiKeys": same({"page_size": 5}),
    "access.v1.AccessService/RotateApiKey": lambda _, named: {
        "api_key_id": named.api_key,
        "grace_period": "0s",
    },
    "access.v1.AccessService/DeleteApiKey": doomed,
    "access.v1.AccessService/ListAuditEntries": same({"page_size": 500}),
    "access.v1.AccessService/ExportAuditEntries": same({}),
    "agents.v1.AgentsService/ListAgents": fresh({"page_size": 5, **INTERVAL}),
    "agents.v1.AgentsService/GetAgentPerformance": lambda _, named: {
        "agent_id": named.named("agent"),
        **INTERVAL,
    },
    "aggregates.v1.AggregatesService/CalculateAggregates": aggregates,
    "aggregates.v1.AggregatesService/RollUp": same(INTERVAL),
    "aggregates.v1.AggregatesService/VerifyRollups": same(INTERVAL),
    "aggregates.v1.AggregatesService/ListRollups": same({}),
    "alerts.v1.AlertsService/CreateRule": ruled,
    "alerts.v1.AlertsService/GetRule": lambda _, named: {"rule_id": named.rule},
    "alerts.v1.AlertsService/ListRules": same({"page_size": 5}),
    "alerts.v1.AlertsService/UpdateRule": changed,
    "alerts.v1.AlertsService/DeleteRule": lambda own, named: {"rule_id": side(own, named)},
    "alerts.v1.AlertsService/PreviewRule": lambda own, _: {
        "rule": rule(own, "tried"),
        **INTERVAL,
    },
    "alerts.v1.AlertsService/EvaluateRules": same({}),
    "alerts.v1.AlertsService/ListAlerts": lambda own, named: {
        "rule": RESTING if own is named else named.rule
    },
    "alerts.v1.AlertsService/GetAlert": lambda _, named: {"alert_id": named.alert},
    "alerts.v1.AlertsService/AcknowledgeAlert": handled(TAKEN),
    "alerts.v1.AlertsService/ResolveAlert": handled(OVER),
    "alerts.v1.AlertsService/CreateSilence": quieted,
    "alerts.v1.AlertsService/ListSilences": same({"page_size": 5}),
    "alerts.v1.AlertsService/DeleteSilence": lambda own, named: {"silence_id": side(own, named)},
    "bus.v1.DeadLettersService/ListDeadLetters": same({}),
    "bus.v1.DeadLettersService/GetDeadLetter": lambda _, named: {"dead_letter_id": named.letter},
    "bus.v1.DeadLettersService/ReplayDeadLetters": lambda _, named: {
        "dead_letter_ids": [named.letter]
    },
    "bus.v1.DeadLettersService/DropDeadLetters": lambda own, named: {
        "dead_letter_ids": [named.letter],
        "reason": own.named("reason"),
    },
    "exports.v1.ExportsService/ExportExecutions": same({**AS_TEXT, **INTERVAL}),
    "ingest.v1.IngestService/RecordExecutions": lambda own, _: {"executions": executions(own)},
    "ingest.v1.IngestService/RecordMetricPoints": lambda own, _: {"metric_points": points(own)},
    "ingest.v1.IngestService/RecordEvents": lambda own, _: {"events": events(own)},
    "ingest.v1.IngestService/StreamRecords": recorded,
    "ingest.v1.IngestService/Reconcile": same({"recount": True}),
    "ingest.v1.OtlpHttpService/ExportTraces": body(traces),
    "ingest.v1.OtlpHttpService/ExportMetrics": body(measures),
    "ingest.v1.PricingService/GetPriceTable": same({}),
    "ingest.v1.PricingService/RepriceModelCalls": same(INTERVAL),
    "limits.v1.LimitsService/ListLimits": same({}),
    "limits.v1.LimitsService/UpdateLimit": lambda own, named: {
        **LIMIT,
        "amount": number_of(own, named),
        "period": "60s",
    },
    "limits.v1.LimitsService/DeleteLimit": same(
        {"limit_class": LEFT_OUT[0], "scope": f"LIMIT_SCOPE_{LEFT_OUT[1]}"}
    ),
    "limits.v1.LimitsService/UpdateQuota": lambda own, named: {
        "kind": "QUOTA_KIND_EXECUTIONS",
        "amount": number_of(own, named),
    },
    "limits.v1.LimitsService/DeleteQuota": same({"kind": "QUOTA_KIND_STORED_DAYS"}),
    "limits.v1.LimitsService/GetUsage": lambda _, named: {"subject": named.named("user")},
    "metrics.v1.MetricsService/GetMetrics": lambda own, _: fresh(METRICS)(own, own),
    "metrics.v1.MetricsService/StreamMetrics": same({"heartbeat_interval": "1s", **POINTS}),
    "metrics.v1.MetricsService/ListMetrics": same({}),
    "notifications.v1.NotificationsService/CreateTarget": aimed,
    "notifications.v1.NotificationsService/GetTarget": lambda _, named: {"target_id": named.target},
    "notifications.v1.NotificationsService/ListTargets": same({"page_size": 5}),
    "notifications.v1.NotificationsService/UpdateTarget": redirected,
    "notifications.v1.NotificationsService/DeleteTarget": lambda own, named: {
        "target_id": side(own, named)
    },
    "notifications.v1.NotificationsService/RotateSecret": of_target(ROTATED),
    "notifications.v1.NotificationsService/TestTarget": of_target(ROTATED),
    "notifications.v1.NotificationsService/RecoverTarget": of_target(ROTATED),
    "notifications.v1.NotificationsService/ListDeliveries": lambda own, named: {
        "target": CHANGED_TARGET if own is named else named.target
    },
    "notifications.v1.NotificationsService/GetDelivery": lambda _, named: {
        "delivery_id": named.delivery
    },
    "notifications.v1.NotificationsService/RetryDelivery": lambda own, named: {
        "delivery_id": RETRIED if own is named else named.delivery
    },
    "reports.v1.ReportsService/CreateDefinition": defined,
    "reports.v1.ReportsService/GetDefinition": lambda _, named: {"definition_id": named.report},
    "reports.v1.ReportsService/ListDefinitions": same({"page_size": 5}),
    "reports.v1.ReportsService/UpdateDefinition": redefined,
    "reports.v1.ReportsService/DeleteDefinition": lambda own, named: {
        "definition_id": side(own, named)
    },
    "reports.v1.ReportsService/PreviewSchedule": same(
        {"schedule": {"frequency": "REPORT_FREQUENCY_DAILY", "local_time": "07:30"}}
    ),
    "reports.v1.ReportsService/GenerateReport": wished,
    "reports.v1.ReportsService/GetReport": lambda _, named: {"report_id": named.report},
    "reports.v1.ReportsService/ListReports": same({"page_size": 5}),
    "reports.v1.ReportsService/CancelReport": lambda own, named: {
        "report_id": UNWANTED if own is named else named.report
    },
    "reports.v1.ReportsService/DeleteReport": lambda own, named: {"report_id": side(own, named)},
    "reports.v1.ReportsService/DownloadReport": lambda _, named: {"report_id": named.report},
    "reports.v1.ReportsService/CreateReportLink": lambda _, named: {"report_id": named.report},
    "reports.v1.ReportsService/ListReportLinks": lambda _, named: {"report_id": named.report},
    "reports.v1.ReportsService/RevokeReportLink": lambda own, named: {
        "link_id": "0" * 24 if own is named else named.link["link_id"]
    },
    "reports.v1.ReportsService/OpenReportLink": lambda own, _: own.link,
    "reports.v1.ReportsService/GenerateDueReports": same({}),
    "reports.v1.ReportsService/CleanUpReports": same({}),
    "reports.v1.ReportsService/EraseReports": lambda own, _: {"user_id": own.named("nobody")},
    "runtime.v1.CacheService/GetCacheStatistics": same({}),
    "runtime.v1.CacheService/InvalidateAnswers": same({}),
    "runtime.v1.StatisticsService/GetStatistics": same({}),
    "scheduler.v1.SchedulerService/ListJobs": same({}),
    "scheduler.v1.SchedulerService/RunJob": same({"job_name": "roll_up"}),
    "scheduler.v1.SchedulerService/PauseJob": same({"job_name": "roll_up"}),
    "scheduler.v1.SchedulerService/ResumeJob": same({"job_name": "roll_up"}),
    "scheduler.v1.SchedulerService/RescheduleJob": same({"job_name": "roll_up", "schedule": ""}),
    "scheduler.v1.SchedulerService/ListJobRuns": same({}),
    "upkeep.v1.RetentionService/GetRetention": same({}),
    "upkeep.v1.RetentionService/UpdateRetention": same(KEPT_LONG),
    "upkeep.v1.RetentionService/ApplyRetention": same({"scopes": ["RETENTION_SCOPE_RECORDS"]}),
    "upkeep.v1.ErasureService/EraseUser": lambda own, _: somebody(own),
    "upkeep.v1.ErasureService/EraseWorkspace": same({"confirm_workspace_id": "another"}),
    "upkeep.v1.ErasureService/GetErasure": lambda _, named: {"erasure_id": named.erasure},
    "upkeep.v1.ErasureService/ListErasures": same({"page_size": 5}),
    "upkeep.v1.ErasureService/RunErasures": same({}),
    "upkeep.v1.HealthService/GetHealth": same({}),
    "upkeep.v1.HealthService/ListChecks": same({"service": "postgresql"}),
    "upkeep.v1.HealthService/CheckServices": same({}),
    "workspaces.v1.WorkspacesService/GetWorkspaceSummary": fresh(INTERVAL),
    "opentelemetry.proto.collector.trace.v1.TraceService/Export": foreign(traces),
    "opentelemetry.proto.collector.metrics.v1.MetricsService/Export": foreign(measures),
}
