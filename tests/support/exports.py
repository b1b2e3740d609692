"""A process that serves exports, its workspaces, and what plain SQL says is in them.

    python -m tests.support.exports

is the process; its settings are those of every service.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import psycopg
from psycopg.rows import dict_row
from shadower.exports.v1 import exports_service_pb2 as pb
from shadower.exports.v1.exports_service_pb2_grpc import ExportsServiceStub

from services.reports.exports.opening import open_exports
from services.runtime.draining import Draining
from services.runtime.pool import open_pool
from services.runtime.process import run
from services.runtime.server import serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.schema import schema_version
from tests.support.documents import HOSTILE
from tests.support.health import SERVING, health
from tests.support.keys import KeyRing
from tests.support.stack import Environment, Running, start, stop

NAME = "shadower.exports.v1.ExportsService"
READY_SECONDS = 240
FEW, MANY = 500, 40_000
START, END = "2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z"
FILL = """
    insert into shadower.executions (workspace_id, execution_id, started_at, ended_at, status,
        error_type, agent_id, agent_name, user_id, model, input_tokens, output_tokens, cost_usd,
        user_rating, tool_calls, metadata)
    select %(workspace)s, 'run-' || n, t,
        case when n %% 7 > 0 then t + n * interval '1 ms' + interval '1 us' end,
        case when n %% 5 = 0 then 'failed' else 'succeeded' end::shadower.execution_status,
        case when n %% 5 = 0 then 'network' end::shadower.error_type,
        'agent-' || n %% 9, case when n %% 3 = 0 then 'Agent ' || n %% 9 end, 'user-' || n %% 100,
        case when n %% 4 > 0 then 'model-' || n %% 4 end, case when n %% 6 > 0 then n end, n,
        case when n %% 6 > 0 then n * 0.000000000001 + n end, case when n %% 11 = 0 then 5 end,
        case when n %% 2 = 0 then 0 end,
        case when n %% 8 = 0 then '{"k": "v\\"1"}' else '{}' end::jsonb
    from generate_series(1, %(count)s) as n,
        lateral (select timestamptz '2026-03-01Z' + n %% 1000 * interval '2 minutes') as at (t)
"""
HOSTILE_ROW = """
    insert into shadower.executions (workspace_id, execution_id, started_at, status, error_type,
        agent_id, agent_name, error_message, metadata)
    values (%s, %s, '2026-03-02T12:00:00.000001Z', 'failed', 'unknown', 'hostile', '', %s, %s)
"""


async def main(settings: Settings) -> None:
    draining = Draining()
    async with open_pool(settings) as pool:
        database = Database(pool)
        probe = partial(database.trouble, schema_version())
        async with open_exports(settings, draining, probe) as service:
            access = access_of(settings, database)
            await serve(settings, [service], MessageValidator(), draining, access)


@dataclass(frozen=True)
class Exports:
    """The process, and whoever asks it."""

    running: Running
    stub: Any
    keys: KeyRing
    database_url: str

    def call(self, workspace: str, role: str = "analyst", **asked: Any) -> Any:
        """The stream of an export's answers, plain unless it is to be packed."""
        given = {"start_time": START, "end_time": END}
        plain = {"compression": pb.EXPORT_COMPRESSION_NONE}
        request = pb.ExportExecutionsRequest(workspace_id=workspace, **(plain | asked))
        request.interval.start_time.FromJsonString(given["start_time"])
        request.interval.end_time.FromJsonString(given["end_time"])
        return self.stub.ExportExecutions(
            request, metadata=self.keys.metadata(workspace, role=role), timeout=60
        )

    async def file(self, workspace: str, **asked: Any) -> bytes:
        return b"".join([reply.body.data async for reply in self.call(workspace, **asked)])

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(
            self.database_url, autocommit=True, row_factory=dict_row
        ) as connection:
            connection.execute("set timezone to 'UTC'")
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def raw(self, workspace: str) -> list[dict[str, Any]]:
        """What a file of all columns must hold."""
        return self.sql(
            "select * from shadower.executions where workspace_id = %s"
            " order by started_at, execution_id",
            workspace,
        )

    def fill(self, workspace: str, count: int) -> None:
        with psycopg.connect(self.database_url) as connection:
            connection.execute(
                "select shadower.ensure_month('executions', timestamptz '2026-03-01T00:00:00Z')"
            )
            connection.execute(FILL, {"workspace": workspace, "count": count})
            for number, text in enumerate(HOSTILE):
                metadata = psycopg.types.json.Jsonb({"text": text})
                values = (workspace, f"hostile-{number}", text, metadata)
                connection.execute(HOSTILE_ROW, values)


@asynccontextmanager
async def running_exports(environment: Environment, keys: KeyRing) -> AsyncIterator[Exports]:
    running = start("exports", environment, "tests.support.exports")
    try:
        await _serves(running)
        async with running.channel() as channel:
            yield Exports(running, ExportsServiceStub(channel), keys, environment.database_url)
    finally:
        if running.process.poll() is None:
            stop(running)


async def _serves(running: Running) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while not await _is_serving(running):
            assert running.process.poll() is None, running.log.read_text()
            await asyncio.sleep(0.05)


async def _is_serving(running: Running) -> bool:
    try:
        return await health(running, NAME) == SERVING
    except grpc.aio.AioRpcError:
        return False


if __name__ == "__main__":
    run("exports", main)
