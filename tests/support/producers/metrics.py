"""A program that reports metrics of every kind that the SDK has."""

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=60_000)
provider = MeterProvider(metric_readers=[reader])
meter = provider.get_meter("test")
meter.create_counter("jobs").add(3, {"queue": "a"})
meter.create_gauge("depth").set(7, {"queue": "a"})
for tokens in (10, 30):
    meter.create_histogram("gen_ai.client.token.usage").record(
        tokens, {"gen_ai.token.type": "input"}
    )
provider.shutdown()
