"""How the client calls what the contract has, where that is not the contract's own name."""

import keyword
import re

METHODS = {
    "CalculateAggregates": "calculate",
    "ExportExecutions": "executions",
    "GetAgentPerformance": "performance",
    "GetHealth": "get",
    "GetMetrics": "query",
    "GetRetention": "get",
    "GetWorkspaceSummary": "summary",
    "ListAgents": "list",
    "ListLimits": "list",
    "ListMetrics": "list",
    "StreamMetrics": "stream",
}
"""Methods that read better without the name of what they belong to."""

# What only the scheduler may call, and what the producer and OpenTelemetry are for.
LEFT_OUT = frozenset(
    {
        "ApplyRetention",
        "CheckServices",
        "CleanUpReports",
        "EraseReports",
        "EvaluateRules",
        "GenerateDueReports",
        "RunErasures",
        "StreamRecords",
    }
)
AREAS_LEFT_OUT = frozenset({"runtime"})
SERVICES_LEFT_OUT = frozenset({"OtlpHttpService"})


MERGED = frozenset({"GetMetrics"})
"""Answers in pages that callers get as one."""

RESUMED = frozenset({"StreamMetrics"})
"""Streams that go on from a cursor when they break."""

TABLES = {"GetMetricsResponse": "SeriesTable", "CalculateAggregatesResponse": "AggregateTable"}
"""Answers that become frames in a way of their own."""


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def method_name(rpc: str) -> str:
    return METHODS.get(rpc, snake(rpc))


def constant(enum: str, value: str) -> str:
    """A value without its enum's name before it, which only protobuf needs."""
    short = value.removeprefix(f"{snake(enum).upper()}_")
    return f"V{short}" if short[0].isdigit() or keyword.iskeyword(short) else short


def parameter(field: str) -> str:
    return f"{field}_" if keyword.iskeyword(field) else field
