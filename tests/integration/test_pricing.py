"""PricingService: the table as it is, and recorded calls priced again by it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.ingest.v1 import pricing_service_pb2 as pb
from shadower.ingest.v1.pricing_service_pb2_grpc import PricingServiceStub

from services.ingest.prices.source import DEFAULT_FILE, read_prices
from services.warehouse.traces import repricing
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.oracle import by_sql
from tests.support.otlp import START, export, otlp_span
from tests.support.stack import Environment, Stack, ready, start, stop

BEGIN = datetime.fromtimestamp(START // 10**9, UTC)
DAY = TimeInterval(start_time=BEGIN - timedelta(hours=1), end_time=BEGIN + timedelta(hours=1))
FIRST = """version = "first"
[[price]]
provider = "p"
models = ["m"]
input_usd = 1
output_usd = 2
"""
AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}


def call(number: int, model: str, parent: int = 0, **fields: Any) -> Span:
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "p",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 1_000_000,
        "gen_ai.usage.output_tokens": 500_000,
    }
    return otlp_span(number, parent, attributes=told, **fields)


@dataclass(frozen=True)
class Pricing:
    """Ingestion with a price file of the test's own, in a workspace of its own."""

    traces: Any
    prices: Any
    file: Path
    url: str
    workspace: str
    metadata: Any

    async def record(self, *spans: Span) -> None:
        answer = await self.traces.Export(export(*spans), metadata=self.metadata)
        assert not answer.HasField("partial_success")

    async def reprice(self, interval: TimeInterval = DAY) -> tuple[int, int, int, int]:
        request = pb.RepriceModelCallsRequest(workspace_id=self.workspace, interval=interval)
        told = await self.prices.RepriceModelCalls(request, metadata=self.metadata)
        assert told.price_version == read_prices(self.file).version
        return told.priced, told.unchanged, told.unknown, told.executions_updated

    def costs(self) -> list[Decimal | None]:
        query = "select cost_usd from executions where workspace_id = %s order by execution_id"
        return [row[0] for row in by_sql(self.url, query, self.workspace)]

    def calls(self) -> list[tuple[Any, ...]]:
        query = "select cost_usd, price_version from model_calls where workspace_id = %s"
        return by_sql(self.url, f"{query} order by trace_id, span_id", self.workspace)


@pytest.fixture(scope="module")
async def service(
    stack: Stack, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("prices")
    file = folder / "prices.toml"
    file.write_text(FIRST)
    extra = (("SHADOWER_PRICES_FILE", str(file)),)
    running = start("ingest", Environment(stack.database_url, jwks_file, folder, extra))
    try:
        await ready(running)
        async with running.channel() as channel:
            yield TraceServiceStub(channel), PricingServiceStub(channel), file
    finally:
        stop(running)


@pytest.fixture
def pricing(service: Any, stack: Stack, keys: KeyRing, workspace: str) -> Pricing:
    traces, prices, file = service
    write(file, FIRST)
    metadata = keys.metadata(workspace)
    return Pricing(traces, prices, file, stack.database_url, workspace, metadata)


def write(file: Path, content: str) -> None:
    """As a whole, as deployments do."""
    new = file.with_suffix(".new")
    new.write_text(content)
    new.replace(file)


async def test_the_table_is_told_as_it_is(stack: Stack, keys: KeyRing, workspace: str) -> None:
    request = pb.GetPriceTableRequest(workspace_id=workspace)
    told = await stack.stubs.pricing.GetPriceTable(request, metadata=keys.metadata(workspace))
    table = read_prices(DEFAULT_FILE)
    assert told.version == table.version
    assert len(told.prices) == len(table.prices)
    for sent, kept in zip(told.prices, table.prices, strict=True):
        assert (sent.provider, tuple(sent.models)) == (kept.provider, kept.models)
        assert Decimal(sent.input_usd) == kept.input_usd
        for name in ("output_usd", "cache_read_usd", "cache_write_usd"):
            known = Decimal(getattr(sent, name)) if sent.HasField(name) else None
            assert known == getattr(kept, name)
        assert (sent.max_input_tokens or None) == kept.max_input_tokens


async def test_calls_are_priced_again_and_their_executions_follow(pricing: Pricing) -> None:
    agent = otlp_span(1, attributes=AGENT)
    await pricing.record(agent, call(2, "m", 1), call(3, "m", 1), call(4, "new", 1))
    assert pricing.costs() == [Decimal(4)]
    assert await pricing.reprice() == (0, 2, 1, 0)
    with_new = FIRST.replace("first", "second").replace('["m"]', '["m", "new"]')
    write(pricing.file, with_new.replace("input_usd = 1", "input_usd = 0.5"))
    assert await pricing.reprice() == (3, 0, 0, 1)
    assert pricing.costs() == [Decimal("4.5")]
    assert pricing.calls() == [(Decimal("1.5"), "second")] * 3
    assert await pricing.reprice() == (0, 3, 0, 0)


async def test_a_model_that_the_table_forgets_comes_to_have_no_cost(pricing: Pricing) -> None:
    await pricing.record(call(1, "m"))
    write(pricing.file, FIRST.replace('["m"]', '["n"]'))
    assert await pricing.reprice() == (0, 0, 1, 1)
    assert (pricing.calls(), pricing.costs()) == ([(None, None)], [None])


async def test_only_calls_of_the_interval_are_priced(pricing: Pricing) -> None:
    later = START + 3600 * 10**9
    late = call(2, "m", start_time_unix_nano=later, end_time_unix_nano=later)
    await pricing.record(call(1, "m"), late)
    write(pricing.file, FIRST.replace("first", "second"))
    assert await pricing.reprice() == (1, 0, 0, 0)
    assert [version for _, version in pricing.calls()] == ["second", "first"]


async def test_more_traces_than_one_transaction_takes(pricing: Pricing) -> None:
    count = repricing.TRACES_AT_ONCE + 7
    await pricing.record(*(call(1, "m", trace_id=n.to_bytes(16)) for n in range(1, count + 1)))
    write(pricing.file, FIRST.replace("first", "second").replace("= 2", "= 4"))
    assert await pricing.reprice() == (count, 0, 0, count)
    assert pricing.costs() == [Decimal(3)] * count


async def test_new_prices_reach_those_who_follow_live(pricing: Pricing) -> None:
    await pricing.record(call(1, "m"))
    query = "select revision from workspaces where workspace_id = %s"
    ((before,),) = by_sql(pricing.url, query, pricing.workspace)
    write(pricing.file, FIRST.replace("= 2", "= 4"))
    await pricing.reprice()
    assert by_sql(pricing.url, query, pricing.workspace) == [(before + 1,)]


async def test_an_interval_is_required(stack: Stack, keys: KeyRing, workspace: str) -> None:
    request = pb.RepriceModelCallsRequest(workspace_id=workspace)
    call = stack.stubs.pricing.RepriceModelCalls(request, metadata=keys.metadata(workspace))
    assert (await refused(call)).fields == ("interval",)


def test_a_price_file_that_cannot_be_used_stops_the_process_with_a_word(
    stack: Stack, jwks_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "prices.toml"
    file.write_text("version = 7")
    extra = (("SHADOWER_PRICES_FILE", str(file)),)
    running = start("ingest", Environment(stack.database_url, jwks_file, tmp_path, extra))
    assert running.process.wait(30) == 1
    said = running.log.read_text()
    assert said.startswith("ingest cannot start: prices.toml: ")
    assert "Traceback" not in said
