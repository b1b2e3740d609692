"""Programs that report by OpenTelemetry, as processes with nothing but its environment variables;
and exports made by hand."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tests.support.stack import ROOT

SECONDS = 60
PRODUCERS = ROOT / "tests" / "support" / "producers"
EXAMPLES = ROOT / "examples" / "producers"
TRACE_ID = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
START = 1_740_000_000 * 10**9


async def run_program(program: Path, *arguments: str, environment: Mapping[str, str]) -> str:
    """What it printed; fails if it failed."""
    interpreter = sys.executable if program.suffix == ".py" else "sh"
    process = await asyncio.create_subprocess_exec(
        *(interpreter, str(program), *arguments),
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, output.decode()
    return output.decode()


def telemetry_environment(edge: str, bearer: str, model_server: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": edge,
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={bearer.replace(' ', '%20')}",
        "OTEL_SERVICE_NAME": "shop",
        "OPENAI_BASE_URL": f"{model_server}/v1",
        "OPENAI_API_KEY": "none",
        "ANTHROPIC_BASE_URL": model_server,
        "ANTHROPIC_API_KEY": "none",
        "NO_PROXY": "127.0.0.1",
    }


def value(given: Any) -> AnyValue:
    """As an SDK would send it."""
    match given:
        case bool():
            return AnyValue(bool_value=given)
        case int():
            return AnyValue(int_value=given)
        case float():
            return AnyValue(double_value=given)
        case list():
            return AnyValue(array_value={"values": [value(one) for one in given]})
        case _:
            return AnyValue(string_value=given)


def attributes(given: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value(one)) for key, one in given.items()]


def otlp_span(number: int, parent: int = 0, **fields: Any) -> Span:
    """A second long, and what `attributes` says."""
    given: dict[str, Any] = {
        "trace_id": TRACE_ID,
        "span_id": number.to_bytes(8),
        "parent_span_id": parent.to_bytes(8) if parent else b"",
        "name": f"span {number}",
        "start_time_unix_nano": START,
        "end_time_unix_nano": START + 10**9,
    }
    fields["attributes"] = attributes(fields.get("attributes", {}))
    return Span(**given | fields)


def export(*spans: Span, scope: str = "test", **resource: Any) -> ExportTraceServiceRequest:
    described = {"service.name": "shop"} | {
        key.replace("_", "."): one for key, one in resource.items()
    }
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=attributes(described)),
                scope_spans=[ScopeSpans(scope={"name": scope}, spans=spans)],
            )
        ]
    )
