"""Figures of a process for those who watch it: sent by OTLP, fetched by Prometheus, or neither."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Meter, NoOpMeter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExportResult,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)
from prometheus_client import CollectorRegistry, start_http_server

from services.runtime.process_settings import ProcessSettings
from services.runtime.telemetry.resource import NAMESPACE, resource_of
from services.runtime.telemetry.tallies import Histogram, with_histograms

# A collector that is away keeps no process from ending.
LAST_WORDS_SECONDS = 2

Histograms = Mapping[str, Histogram]
NO_HISTOGRAMS: Histograms = {}
Tell = Callable[[str, float], None]
"""Of an export: what went wrong, if anything, and how long it took."""


def _tell_nobody(_trouble: str, _seconds: float) -> None:
    """Where nobody asks for it."""


@contextmanager
def open_meter(
    settings: ProcessSettings,
    name: str,
    histograms: Histograms = NO_HISTOGRAMS,
    tell: Tell = _tell_nobody,
) -> Iterator[Meter]:
    """For the instruments of a process. What they observe is looked at in threads of the readers,
    and only when someone wants to know; and so are the histograms."""
    with ExitStack() as stack:
        readers = list(_readers(settings, stack, histograms, tell))
        if not readers:
            yield NoOpMeter(NAMESPACE)
            return
        provider = MeterProvider(readers, resource_of(name), shutdown_on_exit=False)
        stack.callback(provider.shutdown, timeout_millis=LAST_WORDS_SECONDS * 1000)
        yield provider.get_meter(NAMESPACE)


class _Telling(OTLPMetricExporter):
    def __init__(self, endpoint: str | None, tell: Tell) -> None:
        super().__init__(endpoint, timeout=LAST_WORDS_SECONDS)
        self._tell = tell

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        began = time.perf_counter()
        result = super().export(metrics_data, timeout_millis, **kwargs)
        trouble = "" if result is MetricExportResult.SUCCESS else "it did not take what it was sent"
        self._tell(trouble, time.perf_counter() - began)
        return result


class _Fetched(PrometheusMetricReader):
    def __init__(self, registry: CollectorRegistry, histograms: Histograms) -> None:
        super().__init__(registry=registry, scope_info_enabled=False)
        self._beside = histograms

    def _receive_metrics(self, metrics_data: MetricsData, *given: Any, **named: Any) -> None:
        whole = with_histograms(metrics_data, list(self._beside.values()))
        super()._receive_metrics(whole, *given, **named)


class _Sent(PeriodicExportingMetricReader):
    def __init__(self, exporter: OTLPMetricExporter, histograms: Histograms) -> None:
        super().__init__(exporter)
        self._beside = histograms

    def _receive_metrics(self, metrics_data: MetricsData, *given: Any, **named: Any) -> None:
        whole = with_histograms(metrics_data, list(self._beside.values()))
        super()._receive_metrics(whole, *given, **named)


def _readers(
    settings: ProcessSettings, stack: ExitStack, histograms: Histograms, tell: Tell
) -> Iterator[MetricReader]:
    if settings.sends_metrics:
        exporter = _Telling(settings.otlp_endpoint or None, tell)
        yield _Sent(exporter, histograms)
    if settings.prometheus_port is not None:
        registry = CollectorRegistry()
        yield _Fetched(registry, histograms)
        server, thread = start_http_server(
            settings.prometheus_port, settings.prometheus_host, registry
        )
        stack.callback(thread.join)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
