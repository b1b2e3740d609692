"""OTLP where a log stands between what is taken in and what is written."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.keys import KeyRing
from tests.support.oracle import by_sql
from tests.support.otlp import export, otlp_span
from tests.support.stack import Environment, Stack, ready, start, stop

SECONDS = 30
AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 10,
}


@pytest.fixture
async def traces(kafka: str, stack: Stack, jwks_file: Path, tmp_path: Path) -> AsyncIterator[Any]:
    """Ingestion and a writer with a topic of their own."""
    topic = f"log-{uuid.uuid4().hex}"
    extra = (("KAFKA_BROKERS", kafka), ("SHADOWER_LOG_TOPIC", topic))
    environment = Environment(stack.database_url, jwks_file, tmp_path, extra)
    running = [start(name, environment) for name in ("ingest", "ingest.writer")]
    try:
        await ready(running[0])
        async with running[0].channel() as channel:
            yield TraceServiceStub(channel)
    finally:
        for one in running:
            stop(one)


async def test_spans_go_through_the_log_and_are_counted_once(
    traces: Any, stack: Stack, keys: KeyRing, workspace: str
) -> None:
    async def send(*spans: Span) -> Any:
        return await traces.Export(export(*spans), metadata=keys.metadata(workspace))

    call, agent = otlp_span(2, 1, attributes=CALL), otlp_span(1, attributes=AGENT)
    for _ in range(2):
        assert not (await send(call)).HasField("partial_success")
    bad = otlp_span(3, span_id=b"")
    assert (await send(agent, bad)).partial_success.rejected_spans == 1
    query = "select agent_id, input_tokens, cost_usd::text from executions where workspace_id = %s"
    wanted = [("shop:a", 1000, "0.0026")]
    async with asyncio.timeout(SECONDS):
        while by_sql(stack.database_url, query, workspace) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    ledger = """select sum(received), sum(stored), sum(duplicate), sum(rejected) from ledger
        where workspace_id = %s and kind = 'span'"""
    assert by_sql(stack.database_url, ledger, workspace) == [(4, 2, 1, 1)]
