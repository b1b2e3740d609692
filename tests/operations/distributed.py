"""The same facts on a Citus and on one PostgreSQL: every answer must be the same.

    python -m tests.operations.distributed postgresql://postgres@coordinator/empty_database

The database has the extension and its workers, and nothing else. Takes some minutes: each month of
facts is a partition, and each of these has its shards.
"""

import asyncio
import random
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from shadower.agents.v1.agents_service_pb2 import GetAgentPerformanceRequest, ListAgentsRequest
from shadower.aggregates.v1.aggregates_service_pb2 import CalculateAggregatesRequest
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from services.agents.servicer import AgentsServicer
from services.aggregates.servicer import AggregatesServicer
from services.ingest.facts import execution as fact
from services.metrics.servicer import MetricsServicer
from services.runtime.failpoints import Failpoints
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.distributing import distribute
from services.warehouse.facts.model import FactKind
from services.warehouse.facts.recorder import Batch, Recorder
from services.warehouse.facts.staging import create_staging
from services.warehouse.migrate import migrate
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups.verifying import Verifier
from services.workspaces.servicer import WorkspacesServicer
from tests.operations.ground import check, new_server, say
from tests.support.rolling import roll
from tests.support.runs import Row, execution, generated_runs

FIRST = datetime(2026, 10, 3, tzinfo=UTC)
ROLLED = Interval(FIRST, FIRST + timedelta(days=2))
RUNS = 300
SPAN = {"startTime": "2026-10-01T00:00:00Z", "endTime": "2026-10-25T00:00:00Z"}
# When it was said, not what.
APART = ("asOf", "completeUntil")
METRICS = ["executions", "success_rate", "duration_avg", "duration_p95", "cost", "active_users"]
QUESTIONS: dict[str, tuple[type[Message], dict[str, Any]]] = {
    "metrics": (GetMetricsRequest, {"metrics": METRICS, "granularity": "GRANULARITY_DAY"}),
    "metrics of agents": (
        GetMetricsRequest,
        {"metrics": METRICS[:3], "granularity": "GRANULARITY_HOUR", "groupBy": ["DIMENSION_AGENT"]},
    ),
    "aggregates": (
        CalculateAggregatesRequest,
        {
            "aggregations": [{"function": "FUNCTION_SUM", "field": "FIELD_COST"}],
            "groupBy": ["DIMENSION_MODEL"],
        },
    ),
    "aggregates of days": (
        CalculateAggregatesRequest,
        {
            "aggregations": [{"function": "FUNCTION_AVERAGE", "field": "FIELD_DURATION"}],
            "granularity": "GRANULARITY_DAY",
            "timeZone": "Asia/Kolkata",
        },
    ),
    "summary": (GetWorkspaceSummaryRequest, {}),
    "agents": (ListAgentsRequest, {}),
    "performance": (GetAgentPerformanceRequest, {"agentId": "agent-a"}),
}
HANDLERS: dict[type[Message], tuple[Any, str, int]] = {
    GetMetricsRequest: (MetricsServicer, "GetMetrics", 2),
    CalculateAggregatesRequest: (AggregatesServicer, "CalculateAggregates", 1),
    GetWorkspaceSummaryRequest: (WorkspacesServicer, "GetWorkspaceSummary", 1),
    ListAgentsRequest: (AgentsServicer, "ListAgents", 1),
    GetAgentPerformanceRequest: (AgentsServicer, "GetAgentPerformance", 1),
}
Told = dict[str, Any]


async def answers(database: Database, workspace: str, when: str) -> Told:
    """Of all questions, calculated anew."""
    told = {}
    for name, (kind, content) in QUESTIONS.items():
        servicer, method, others = HANDLERS[kind]
        request = ParseDict({"workspaceId": workspace, "interval": SPAN, **content}, kind())
        calculate = getattr(servicer, method).__wrapped__
        answer = await calculate(servicer(database, *[None] * others), request)
        told[f"{name}, {when}"] = plain(MessageToDict(answer.reply))
    return told


def plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: plain(value) for name, value in content.items() if name not in APART}
    return [plain(one) for one in content] if isinstance(content, list) else content


async def told_by(url: str, workspace: str, rows: Sequence[Row]) -> Told:
    """What is recorded and rolled up there, and then recorded late."""
    settings = Settings(DATABASE_URL=url, jwks_file=Path("unused"), statement_timeout_seconds=300)
    async with open_pool(settings, prepare=create_staging) as pool:
        database = Database(pool)
        recorder = Recorder(database, Failpoints(""))
        late = len(rows) // 3
        await recorder.record([batch(workspace, rows[late:])])
        told = await answers(database, workspace, "without cells")
        await roll(database, workspace, ROLLED)
        await recorder.record([batch(workspace, rows[:late])])
        told |= await answers(database, workspace, "with cells")
        verifying = Verifier(database).verify(workspace, ROLLED, repair=False)
        found = [one async for one in verifying]
    told["cells"] = sum(one.cells for one in found)
    told["cells that differ"] = sum(len(one.differences) for one in found)
    return told


def batch(workspace: str, rows: Sequence[Row]) -> Batch:
    return Batch(workspace, {FactKind.EXECUTION: [fact(execution(row)) for row in rows]})


def of_one_server(workspace: str, rows: Sequence[Row]) -> Told:
    with tempfile.TemporaryDirectory(prefix="one-server-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        server = new_server(data)
        server.start()
        try:
            migrate(server.get_uri())
            return asyncio.run(told_by(server.get_uri(), workspace, rows))
        finally:
            server.cleanup()


def differing(one: Told, other: Told) -> Iterator[str]:
    return (name for name in one if one[name] != other[name])


def main() -> None:
    url, workspace = sys.argv[1], f"w-{uuid.uuid4().hex[:8]}"
    rows = generated_runs(random.Random(7), RUNS, FIRST, timedelta(days=4))
    migrate(url)
    spread = distribute(url)
    say(f"distributed now: {', '.join(spread.distributed) or 'nothing'}")
    expected = of_one_server(workspace, rows)
    say(f"one server has answered {len(expected)} questions")
    found = asyncio.run(told_by(url, workspace, rows))
    check(not found["cells that differ"], f"{found['cells']} cells agree with the facts")
    check(list(differing(expected, found)) == [], "all answers of both are the same")


if __name__ == "__main__":
    main()
