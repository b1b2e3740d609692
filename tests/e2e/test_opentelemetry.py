"""Programs that report by OpenTelemetry, unchanged, through the edge into executions."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.metrics.v1 import metrics_service_pb2 as metrics_pb

from tests.e2e.conftest import WholeWay
from tests.support.model_server import running_model_server
from tests.support.oracle import by_sql
from tests.support.otlp import EXAMPLES, PRODUCERS, run_program, telemetry_environment
from tests.support.stack import Stack

GPT_4O_MINI = Decimal("0.15"), Decimal("0.075"), Decimal("0.6")


@pytest.fixture(scope="module")
def model_server() -> Iterator[str]:
    with running_model_server() as address:
        yield address


@dataclass(frozen=True)
class Program:
    """A producer in a workspace of its own, and what became of what it reported."""

    whole_way: WholeWay
    stack: Stack
    model_server: str
    workspace: str

    async def run(self, program: Path, *arguments: str, **more: str) -> str:
        bearer = self.whole_way.bearer(self.workspace, role="service")["authorization"]
        edge = f"http://127.0.0.1:{self.whole_way.port}"
        environment = telemetry_environment(edge, bearer, self.model_server) | more
        return await run_program(program, *arguments, environment=environment)

    def rows(self, columns: str, source: str) -> list[tuple[Any, ...]]:
        query = f"select {columns} from {source} where workspace_id = %s order by started_at"
        return by_sql(self.stack.database_url, query, self.workspace)

    async def metric(self, name: str) -> Any:
        request = metrics_pb.GetMetricsRequest(workspace_id=self.workspace, metrics=[name])
        request.interval.end_time.GetCurrentTime()
        request.interval.start_time.CopyFrom(
            Timestamp(seconds=request.interval.end_time.seconds - 3600)
        )
        request.interval.end_time.seconds += 60
        bearer = self.whole_way.bearer(self.workspace)["authorization"]
        answer = await self.whole_way.stubs.metrics.GetMetrics(
            request, metadata=(("authorization", bearer),)
        )
        (series,) = answer.time_series
        (point,) = series.points
        return getattr(point.value, point.value.WhichOneof("kind"))


@pytest.fixture
def program(whole_way: WholeWay, stack: Stack, model_server: str, workspace: str) -> Program:
    return Program(whole_way, stack, model_server, workspace)


@pytest.mark.parametrize("conventions", ["", "gen_ai_latest_experimental"])
async def test_the_openai_instrumentation_of_opentelemetry(
    program: Program, conventions: str
) -> None:
    said = await program.run(
        EXAMPLES / "opentelemetry_agent.py", OTEL_SEMCONV_STABILITY_OPT_IN=conventions
    )
    assert said == "Good day.\nGood day.\n"
    (row,) = program.rows(
        "agent_id, agent_name, user_id, conversation_id, status::text, model, provider,"
        "origin::text, input_tokens, output_tokens, tool_calls",
        "executions",
    )
    assert row[:4] == ("shop:greeter", "greeter", "ann", "conversation-1")
    assert row[4:8] == ("succeeded", "gpt-4o-mini-2024-07-18", "openai", "trace")
    assert row[8:] == (2000, 100, 1)
    # It tells nothing of the cache, so all of the input is at its full price.
    paid = (1000 * GPT_4O_MINI[0] + 50 * GPT_4O_MINI[2]) / 10**6
    told = program.rows("cache_read_tokens, finish_reasons, cost_usd", "model_calls")
    assert told == [(None, ["stop"], paid)] * 2
    assert program.rows("tool_name", "tool_calls") == [("clock",)]
    assert await program.metric("input_tokens") == 2000
    assert Decimal(await program.metric("cost")) == 2 * paid
    assert await program.metric("executions") == 1


async def test_openllmetry_over_http(program: Program) -> None:
    await program.run(PRODUCERS / "openllmetry_agent.py", "openai", "anthropic")
    (row,) = program.rows(
        "agent_name, input_tokens, output_tokens, cached_input_tokens, cost_usd", "executions"
    )
    # 1,000 of OpenAI with 400 cached, and of Anthropic 100 beside 800 read and 200 written.
    assert row[:4] == ("helper", 1000 + 1100, 50 + 30, 400 + 800)
    anthropic = 100 * 3 + 800 * Decimal("0.3") + 200 * Decimal("3.75") + 30 * 15
    openai = 600 * GPT_4O_MINI[0] + 400 * GPT_4O_MINI[1] + 50 * GPT_4O_MINI[2]
    assert row[4] == (openai + anthropic) / 10**6
    # Anthropic's client tells of its calls by itself, beside the instrumentation.
    told = program.rows("provider, request_model", "model_calls")
    assert told == [("openai", "gpt-4o-mini"), *[("anthropic", "claude-sonnet-4-5")] * 2]


async def test_metrics_of_the_sdk(program: Program) -> None:
    instance = {"OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=i-1"}
    await program.run(PRODUCERS / "metrics.py", **instance)
    rows = by_sql(
        program.stack.database_url,
        "select metric_type, value, tags from metric_points where workspace_id = %s",
        program.workspace,
    )
    emitter = {
        "service.name": "shop",
        "service.instance.id": "i-1",
        "otel.scope.name": "test",
    }
    usage = emitter | {"gen_ai.token.type": "input"}
    queue = emitter | {"queue": "a"}
    name = "gen_ai.client.token.usage"
    assert sorted(rows, key=str) == sorted(
        [
            ("jobs", 3, queue),
            ("depth", 7, queue),
            (f"{name}.count", 2, usage),
            (f"{name}.sum", 40, usage),
            (f"{name}.min", 10, usage),
            (f"{name}.max", 30, usage),
        ],
        key=str,
    )
    assert await program.metric("depth") == 7
    assert program.rows("*", "executions") == []


@pytest.fixture
def plain(program: Program) -> dict[str, str]:
    """What the examples without OpenTelemetry are told."""
    bearer = program.whole_way.bearer(program.workspace, role="service")["authorization"]
    return {
        "SHADOWER_ADDRESS": f"127.0.0.1:{program.whole_way.port}",
        "SHADOWER_TOKEN": bearer.removeprefix("Bearer "),
        "SHADOWER_WORKSPACE": program.workspace,
    }


async def test_the_example_of_plain_grpc(program: Program, plain: dict[str, str]) -> None:
    said = await program.run(EXAMPLES / "plain_grpc.py", **plain)
    assert said == "RECORD_OUTCOME_STORED\nRECORD_OUTCOME_DUPLICATE\n"
    assert program.rows("agent_id, input_tokens", "executions") == [("greeter", 1000)]


async def test_the_example_of_curl(program: Program, plain: dict[str, str]) -> None:
    assert (await program.run(EXAMPLES / "otlp_by_curl.sh", **plain)).strip() == "{}"
    told = program.rows("agent_id, input_tokens, cost_usd", "executions")
    assert told == [("shop", 1000, Decimal("0.00018"))]
