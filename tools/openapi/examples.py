"""What bodies of requests look like. A test holds them against the contract's rules."""

from typing import Any

DAY = {"startTime": "2026-11-02T00:00:00Z", "endTime": "2026-11-03T00:00:00Z"}
RUN = {
    "executionId": "run-1",
    "agentId": "writer",
    "userId": "ada",
    "model": "gpt-5",
    "provider": "openai",
    "status": "EXECUTION_STATUS_SUCCEEDED",
    "startTime": "2026-11-02T08:00:00Z",
    "endTime": "2026-11-02T08:00:04.200Z",
    "inputTokens": "1200",
    "outputTokens": "340",
    "costUsd": "0.0042",
}
POINT = {
    "pointId": "point-1",
    "metricType": "queue_length",
    "value": 3,
    "timestamp": "2026-11-02T08:00:00Z",
    "tags": {"region": "eu"},
}
RULE = {
    "name": "Agents fail",
    "severity": "SEVERITY_CRITICAL",
    "metric": "error_rate",
    "groupBy": ["DIMENSION_AGENT"],
    "threshold": {"comparator": "COMPARATOR_ABOVE", "threshold": 0.2},
    "forDuration": "600s",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "IngestService.RecordExecutions": {"executions": [RUN]},
    "IngestService.RecordMetricPoints": {"metricPoints": [POINT]},
    "AggregatesService.CalculateAggregates": {
        "interval": DAY,
        "aggregations": [
            {"field": "FIELD_DURATION", "function": "FUNCTION_PERCENTILE", "percentile": 95},
            {"field": "FIELD_COST", "function": "FUNCTION_SUM"},
        ],
        "groupBy": ["DIMENSION_AGENT"],
        "granularity": "GRANULARITY_HOUR",
    },
    "AccessService.CreateApiKey": {
        "displayName": "importer",
        "permissions": ["PERMISSION_INGEST_WRITE"],
    },
    "AlertsService.CreateRule": {"ruleId": "failing", "rule": RULE},
    "AlertsService.PreviewRule": {"rule": RULE, "interval": DAY},
    "AlertsService.CreateSilence": {
        "silenceId": "maintenance",
        "startTime": DAY["startTime"],
        "endTime": DAY["endTime"],
        "reason": "maintenance",
    },
    "ReportsService.GenerateReport": {"reportId": "week-45", "definitionId": "weekly"},
}
