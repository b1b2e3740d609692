"""The cache's statistics as those who watch it get them: by a scrape, and by OTLP."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as pb
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from prometheus_client.parser import text_string_to_metric_families

from services.runtime.cache.instruments import observe_cache
from services.runtime.telemetry.instruments import measuring
from tests.support.cache import METHOD, PAST, Replica, World, cache_settings
from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.runs import Client
from tests.support.stack import SERVICES, Environment, Stubs, ready, start, stop

GET_METRICS = {"rpc_method": "shadower.metrics.v1.MetricsService/GetMetrics"}


class Collector(MetricsServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.requests: list[pb.ExportMetricsServiceRequest] = []
        self.got_some = threading.Event()

    def Export(self, request: Any, context: Any) -> pb.ExportMetricsServiceResponse:
        self.requests.append(request)
        self.got_some.set()
        return pb.ExportMetricsServiceResponse()


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector, server = Collector(), grpc.server(futures.ThreadPoolExecutor(2))
    add_MetricsServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield collector, f"http://127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


async def scraped(port: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Samples by name and labels, but for those that each has."""
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    return {
        (one.name, frozenset((k, v) for k, v in one.labels.items() if "otel" not in k)): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def texts(attributes: Any) -> dict[str, str]:
    return {one.key: one.value.string_value for one in attributes}


def questions(outcome: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    told = {**labels, "outcome": outcome}
    return ("shadower_cache_questions_total", frozenset(told.items()))


@pytest.fixture
async def replica() -> Replica:
    """It has calculated twice, dropped an answer for want of room, and hit three times."""
    replica = Replica.of(World(), cache_entries=1)
    await replica.count("acme", PAST, 10)
    for _ in range(4):
        await replica.count("acme", PAST, 11)
    return replica


EXPECTED = {
    "entries": 1,
    "evictions": 1,
    "early_refreshes": 0,
    "invalidations": 0,
    "news_drops": 0,
    "shared_tier.failures": 0,
    "under_way": 0,
}


async def test_a_scrape_says_what_the_statistics_say(replica: Replica) -> None:
    port = free_port()
    with measuring(cache_settings(OTEL_EXPORTER_PROMETHEUS_PORT=port), "test") as opened:
        observe_cache(replica.cache, opened)
        found = await scraped(port)
    labels = {"rpc_method": METHOD.strip("/")}
    assert found[questions("hit", **labels)] == 3
    assert found[questions("calculated", **labels)] == 2
    counters = ("evictions", "early_refreshes", "invalidations", "news_drops")
    for name in counters:
        assert found[f"shadower_cache_{name}_total", frozenset()] == EXPECTED[name]
    assert found["shadower_cache_entries", frozenset()] == 1
    assert found["shadower_cache_size_bytes", frozenset()] == replica.cache.figures().bytes > 0


async def test_after_it_nobody_listens(replica: Replica) -> None:
    port = free_port()
    with measuring(cache_settings(OTEL_EXPORTER_PROMETHEUS_PORT=port), "test") as opened:
        observe_cache(replica.cache, opened)
        assert await scraped(port)
    with pytest.raises(httpx.ConnectError):
        await scraped(port)


async def test_a_collector_gets_what_the_statistics_say(replica: Replica) -> None:
    with collecting() as (collector, endpoint):
        settings = cache_settings(OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=endpoint)
        with measuring(settings, "test") as opened:
            observe_cache(replica.cache, opened)
        [request] = collector.requests
    resource = {
        one.key: one.value.string_value for one in request.resource_metrics[0].resource.attributes
    }
    assert (resource["service.namespace"], resource["service.name"]) == ("shadower", "test")
    metrics = request.resource_metrics[0].scope_metrics[0].metrics
    sums = {one.name.removeprefix("shadower.cache."): one.sum for one in metrics}
    assert {
        p.attributes[1].value.string_value: p.as_int for p in sums["questions"].data_points
    } == {
        "hit": 3,
        "calculated": 2,
    }
    told = {name: one.data_points[0].as_int for name, one in sums.items() if name in EXPECTED}
    assert told == EXPECTED
    assert (sums["questions"].is_monotonic, sums["entries"].is_monotonic) == (True, False)


async def test_a_collector_that_is_away_delays_nobody() -> None:
    settings = cache_settings(OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    began = time.monotonic()
    with measuring(settings, "test") as opened:
        observe_cache(Replica.of(World()).cache, opened)
    # It does not come back to the loop while it ends, so no timeout could end it.
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("exporter", "endpoint", "sends"),
    [
        ("", "", False),
        ("", "http://127.0.0.1:1", True),
        ("none", "http://127.0.0.1:1", False),
        ("otlp", "", True),
    ],
)
def test_metrics_are_sent_if_there_is_where_to(exporter: str, endpoint: str, sends: bool) -> None:
    given = {"OTEL_METRICS_EXPORTER": exporter, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": endpoint}
    assert cache_settings(**given).sends_metrics == sends


@pytest.fixture
async def watched(
    postgres: Any, template: str, jwks_file: Path, tmp_path: Path
) -> AsyncIterator[tuple[Stubs, int]]:
    port = free_port()
    extra = (("OTEL_EXPORTER_PROMETHEUS_PORT", str(port)),)
    environment = Environment(postgres.create(template), jwks_file, tmp_path, extra)
    process = start("metrics", environment)
    try:
        await ready(process)
        async with process.channel() as channel:
            yield Stubs(dict.fromkeys(SERVICES, channel)), port
    finally:
        stop(process)


WITH_CACHE = ("metrics", "aggregates", "workspaces", "agents")


async def test_a_service_is_scraped(watched: tuple[Stubs, int], keys: KeyRing) -> None:
    stubs, port = watched
    client = Client.of_new_workspace(stubs, keys)
    await client.metrics(metrics=["executions"])
    assert (await scraped(port))[questions("calculated", **GET_METRICS)] == 1
