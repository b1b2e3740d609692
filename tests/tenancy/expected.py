"""What answers must be like, by RPC. Each exception has a reason."""

from tests.tenancy.asked import OK

# In which ids of another's rows are named in the own workspace.
NAMES_IDS = {
    "access.v1.AccessService/RotateApiKey",
    "access.v1.AccessService/DeleteApiKey",
    "agents.v1.AgentsService/GetAgentPerformance",
    "alerts.v1.AlertsService/GetRule",
    "alerts.v1.AlertsService/UpdateRule",
    "alerts.v1.AlertsService/DeleteRule",
    "alerts.v1.AlertsService/ListAlerts",
    "alerts.v1.AlertsService/GetAlert",
    "alerts.v1.AlertsService/AcknowledgeAlert",
    "alerts.v1.AlertsService/ResolveAlert",
    "alerts.v1.AlertsService/DeleteSilence",
    "bus.v1.DeadLettersService/GetDeadLetter",
    "bus.v1.DeadLettersService/ReplayDeadLetters",
    "bus.v1.DeadLettersService/DropDeadLetters",
    "limits.v1.LimitsService/GetUsage",
    "notifications.v1.NotificationsService/GetTarget",
    "notifications.v1.NotificationsService/UpdateTarget",
    "notifications.v1.NotificationsService/DeleteTarget",
    "notifications.v1.NotificationsService/RotateSecret",
    "notifications.v1.NotificationsService/TestTarget",
    "notifications.v1.NotificationsService/RecoverTarget",
    "notifications.v1.NotificationsService/ListDeliveries",
    "notifications.v1.NotificationsService/GetDelivery",
    "notifications.v1.NotificationsService/RetryDelivery",
    "reports.v1.ReportsService/GetDefinition",
    "reports.v1.ReportsService/UpdateDefinition",
    "reports.v1.ReportsService/DeleteDefinition",
    "reports.v1.ReportsService/GetReport",
    "reports.v1.ReportsService/CancelReport",
    "reports.v1.ReportsService/DeleteReport",
    "reports.v1.ReportsService/DownloadReport",
    "reports.v1.ReportsService/CreateReportLink",
    "reports.v1.ReportsService/ListReportLinks",
    "reports.v1.ReportsService/RevokeReportLink",
    "upkeep.v1.ErasureService/GetErasure",
}
# Whoever has what the question names is let in, whichever workspaces his token is for.
BY_SECRET = {"reports.v1.ReportsService/OpenReportLink"}
# Whose answers have no place for anything that is a tenant's.
SILENT = {
    "access.v1.AccessService/DeleteApiKey": "empty",
    "aggregates.v1.AggregatesService/ListRollups": "times and kinds of cells",
    "aggregates.v1.AggregatesService/RollUp": "times and kinds of cells",
    "aggregates.v1.AggregatesService/VerifyRollups": "cells are named only where they are wrong",
    "alerts.v1.AlertsService/DeleteRule": "empty",
    "alerts.v1.AlertsService/DeleteSilence": "empty",
    "alerts.v1.AlertsService/EvaluateRules": "counts",
    "bus.v1.DeadLettersService/ReplayDeadLetters": "what was asked for, and when it was done",
    "ingest.v1.IngestService/Reconcile": "counts by kind",
    "ingest.v1.OtlpHttpService/ExportTraces": "empty, unless something is refused",
    "ingest.v1.OtlpHttpService/ExportMetrics": "empty, unless something is refused",
    "ingest.v1.PricingService/GetPriceTable": "the same for all",
    "ingest.v1.PricingService/RepriceModelCalls": "counts",
    "limits.v1.LimitsService/DeleteLimit": "the default, which is the same for all",
    "limits.v1.LimitsService/DeleteQuota": "empty",
    "notifications.v1.NotificationsService/DeleteTarget": "empty",
    "notifications.v1.NotificationsService/TestTarget": "what came of an attempt",
    "notifications.v1.NotificationsService/RecoverTarget": "a count",
    "opentelemetry.proto.collector.trace.v1.TraceService/Export": "empty, as above",
    "opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "empty, as above",
    "reports.v1.ReportsService/DeleteDefinition": "empty",
    "reports.v1.ReportsService/PreviewSchedule": "times",
    "reports.v1.ReportsService/DeleteReport": "empty",
    "reports.v1.ReportsService/ListReportLinks": "ids and times",
    "reports.v1.ReportsService/RevokeReportLink": "empty",
    "reports.v1.ReportsService/GenerateDueReports": "counts",
    "reports.v1.ReportsService/CleanUpReports": "counts",
    "reports.v1.ReportsService/EraseReports": "counts",
    "runtime.v1.CacheService/GetCacheStatistics": "of the process, for operators",
    "runtime.v1.CacheService/InvalidateAnswers": "a count",
    "runtime.v1.StatisticsService/GetStatistics": "of the process, for operators",
    "upkeep.v1.RetentionService/GetRetention": "days and times",
    "upkeep.v1.RetentionService/UpdateRetention": "days and times",
    "upkeep.v1.RetentionService/ApplyRetention": "counts",
    "upkeep.v1.ErasureService/EraseUser": "what is random, and hashes of it",
    "upkeep.v1.ErasureService/EraseWorkspace": "refused: nobody is erased here",
    "upkeep.v1.ErasureService/GetErasure": "what is random, and hashes of it",
    "upkeep.v1.ErasureService/ListErasures": "what is random, and hashes of it",
    "upkeep.v1.ErasureService/RunErasures": "counts",
    "upkeep.v1.HealthService/GetHealth": "the same for all",
    "upkeep.v1.HealthService/ListChecks": "the same for all",
    "upkeep.v1.HealthService/CheckServices": "the same for all",
}
# What is told under load is what is told to one who is alone, word for word.
STEADY = {
    "agents.v1.AgentsService/ListAgents",
    "agents.v1.AgentsService/GetAgentPerformance",
    "aggregates.v1.AggregatesService/CalculateAggregates",
    "alerts.v1.AlertsService/GetRule",
    "alerts.v1.AlertsService/PreviewRule",
    "alerts.v1.AlertsService/ListAlerts",
    "alerts.v1.AlertsService/GetAlert",
    "bus.v1.DeadLettersService/GetDeadLetter",
    "ingest.v1.PricingService/GetPriceTable",
    "limits.v1.LimitsService/ListLimits",
    "metrics.v1.MetricsService/GetMetrics",
    "metrics.v1.MetricsService/StreamMetrics",
    "metrics.v1.MetricsService/ListMetrics",
    "notifications.v1.NotificationsService/GetTarget",
    "notifications.v1.NotificationsService/ListDeliveries",
    "notifications.v1.NotificationsService/GetDelivery",
    "reports.v1.ReportsService/GetDefinition",
    "reports.v1.ReportsService/GetReport",
    "reports.v1.ReportsService/DownloadReport",
    "workspaces.v1.WorkspacesService/GetWorkspaceSummary",
}
# Nobody else waits for what these ask of the database.
UNSHARED = {
    "aggregates.v1.AggregatesService/RollUp",
    "aggregates.v1.AggregatesService/VerifyRollups",
    "ingest.v1.IngestService/Reconcile",
    "ingest.v1.PricingService/RepriceModelCalls",
}
READ_FACTS = {*UNSHARED, *STEADY} - {
    "alerts.v1.AlertsService/GetRule",
    "alerts.v1.AlertsService/ListAlerts",
    "alerts.v1.AlertsService/GetAlert",
    "bus.v1.DeadLettersService/GetDeadLetter",
    "ingest.v1.PricingService/GetPriceTable",
    "limits.v1.LimitsService/ListLimits",
    "metrics.v1.MetricsService/ListMetrics",
    "notifications.v1.NotificationsService/GetTarget",
    "notifications.v1.NotificationsService/ListDeliveries",
    "notifications.v1.NotificationsService/GetDelivery",
    "reports.v1.ReportsService/GetDefinition",
    "reports.v1.ReportsService/GetReport",
    "reports.v1.ReportsService/DownloadReport",
}
# Of what is another's in the own workspace, nothing is there.
NOT_THERE = {"NOT_FOUND", OK}
DENIED = {"PERMISSION_DENIED"}
GONE = {"access.v1.AccessService/DeleteApiKey": {OK, "NOT_FOUND"}}
LISTS_OF_JOBS = (
    "scheduler.v1.SchedulerService/ListJobs",
    "scheduler.v1.SchedulerService/ListJobRuns",
)
# What only the workspace shadower-system has, and a tenant never: tables, and RPCs about it.
OF_THE_SYSTEM = dict.fromkeys(
    ("schedule_leases", "scheduled_jobs", "job_runs", "service_checks"), "they are the mesh's"
)
NOBODY_HAS = {
    f"scheduler.v1.SchedulerService/{name}"
    for name in ("RunJob", "PauseJob", "ResumeJob", "RescheduleJob")
}
GONE |= {key: {"NOT_FOUND"} for key in NOBODY_HAS}
REFUSED = {"upkeep.v1.ErasureService/EraseWorkspace"}
NOBODY_HAS |= REFUSED
GONE |= {key: {"INVALID_ARGUMENT"} for key in REFUSED}
SILENT |= dict.fromkeys(
    (*(NOBODY_HAS - REFUSED), *LISTS_OF_JOBS), "jobs are the mesh's, and tenants have none"
)
