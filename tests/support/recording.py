"""Facts as the contract's messages, and a client that records them and looks at what is kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from shadower.ingest.v1 import ingest_service_pb2 as pb
from shadower.ingest.v1.event_pb2 import Event, EventType
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint
from shadower.ingest.v1.record_result_pb2 import RecordOutcome

from tests.support.stack import Stack

RUNNING, SUCCEEDED, FAILED, _, CANCELLED = range(1, 6)
MARCH = datetime(2024, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC)
APRIL = MARCH + timedelta(microseconds=1)


def run(execution_id: str = "run", **fields: Any) -> Execution:
    given = {"agent_id": "agent", "status": SUCCEEDED, "start_time": MARCH} | fields
    return Execution(execution_id=execution_id, **given)


def point(value: float = 1.5, **fields: Any) -> MetricPoint:
    given = {"metric_type": "queue.depth", "timestamp": MARCH} | fields
    return MetricPoint(value=value, **given)


def event(**fields: Any) -> Event:
    given = {"type": EventType.EVENT_TYPE_USER_LOGIN, "timestamp": MARCH} | fields
    return Event(**given)


RPCS = {Execution: "executions", MetricPoint: "metric_points", Event: "events"}


@dataclass(frozen=True)
class Producer:
    """Records into a workspace of its own, and looks into the tables behind it."""

    stack: Stack
    metadata: Any
    workspace: str

    async def record(self, *items: Any) -> Any:
        """Items of one kind, by the RPC of the kind."""
        name = RPCS[type(items[0])]
        rpc = f"Record{name.title().replace('_', '')}"
        request = getattr(pb, f"{rpc}Request")(workspace_id=self.workspace, **{name: items})
        return await getattr(self.stack.stubs.ingest, rpc)(request, metadata=self.metadata)

    async def told(self, *items: Any) -> list[str]:
        return outcomes((await self.record(*items)).results)

    def rows(self, table: str) -> list[dict[str, Any]]:
        query = "select *, tableoid::regclass::text part from shadower.{} where workspace_id = %s"
        with psycopg.connect(self.stack.database_url, row_factory=dict_row) as connection:
            return connection.execute(query.format(table), [self.workspace]).fetchall()


def outcomes(results: Any) -> list[str]:
    return [RecordOutcome.Name(result.outcome).split("_")[-1].lower() for result in results]
