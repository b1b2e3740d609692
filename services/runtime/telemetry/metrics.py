"""Figures of a process for those who watch it: sent by OTLP, fetched by Prometheus, or neither."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Meter, NoOpMeter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, start_http_server

from services.runtime.settings import Settings

LOOPBACK = "127.0.0.1"
NAMESPACE = "shadower"
# A collector that is away keeps no process from ending.
LAST_WORDS_SECONDS = 2


@contextmanager
def open_meter(settings: Settings, name: str) -> Iterator[Meter]:
    """For the instruments of a process. What they observe is looked at in threads of the readers,
    and only when someone wants to know."""
    with ExitStack() as stack:
        readers = list(_readers(settings, stack))
        if not readers:
            yield NoOpMeter(NAMESPACE)
            return
        provider = MeterProvider(readers, _resource(name), shutdown_on_exit=False)
        stack.callback(provider.shutdown, timeout_millis=LAST_WORDS_SECONDS * 1000)
        yield provider.get_meter(NAMESPACE)


def _readers(settings: Settings, stack: ExitStack) -> Iterator[MetricReader]:
    if settings.sends_metrics:
        exporter = OTLPMetricExporter(settings.otlp_endpoint or None, timeout=LAST_WORDS_SECONDS)
        yield PeriodicExportingMetricReader(exporter)
    if settings.prometheus_port is not None:
        registry = CollectorRegistry()
        yield PrometheusMetricReader(registry=registry)
        server, thread = start_http_server(settings.prometheus_port, LOOPBACK, registry)
        stack.callback(thread.join)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)


def _resource(name: str) -> Resource:
    """Replicas of a service differ in their instance."""
    instance = str(uuid.uuid4())
    return Resource.create(
        {
            "service.namespace": NAMESPACE,
            "service.name": name,
            "service.instance.id": instance,
        }
    )
