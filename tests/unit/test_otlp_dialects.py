"""Exports as they were emitted, dialect by dialect, and the executions that follow."""

import json
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.ingest.otlp.encoding import decode
from services.ingest.otlp.traces import judge_spans
from services.ingest.prices.pricing import set_price
from services.ingest.prices.source import DEFAULT_FILE, read_prices
from services.ingest.spans import span
from services.runtime.validator import MessageValidator
from services.warehouse.facts.model import Execution
from services.warehouse.traces.derivation import derive
from services.warehouse.traces.model import Span, SpanKind

GOLDEN = sorted((Path(__file__).parent.parent / "data" / "otlp").glob("*.json"))
KINDS = {"model_calls": SpanKind.MODEL_CALL, "tool_calls": SpanKind.TOOL_CALL}
VALIDATOR = MessageValidator()
PRICES = read_prices(DEFAULT_FILE)


def spans_of(export: Any) -> list[Span]:
    """The way that a body of OTLP/JSON takes, without the database."""
    body = HttpBody(content_type="application/json", data=json.dumps(export).encode())
    judged = judge_spans(decode(body, ExportTraceServiceRequest), VALIDATOR)
    assert judged.refused == []
    for item in judged.spans:
        set_price(item, PRICES)
    return [span(item) for item in judged.spans]


def assert_like(told: Execution | Span, wanted: dict[str, Any]) -> None:
    known = told._asdict() if isinstance(told, Execution) else asdict(told)
    known |= {"cost_usd": None if told.cost_usd is None else Decimal(told.cost_usd)}
    expected = {name: _value(name, one) for name, one in wanted.items()}
    assert {name: known[name] for name in expected} == expected


def _value(name: str, one: Any) -> Any:
    if name == "cost_usd" and one is not None:
        return Decimal(one)
    return tuple(one) if isinstance(one, list) else one


@pytest.mark.parametrize("file", GOLDEN, ids=lambda path: path.stem)
def test_an_export_gives_the_executions_and_calls_that_it_tells_of(file: Path) -> None:
    golden = json.loads(file.read_text())
    spans = spans_of(golden["export"])
    executions = derive(spans)
    assert [one.execution_id for one in executions] == [
        one["execution_id"] for one in golden["executions"]
    ]
    for told, wanted in zip(executions, golden["executions"], strict=True):
        assert_like(told, wanted)
    for name, kind in KINDS.items():
        calls = [one for one in spans if one.kind is kind]
        for call, wanted in zip(calls, golden.get(name, [{}] * len(calls)), strict=True):
            assert_like(call, wanted)


def test_there_are_goldens() -> None:
    assert len(GOLDEN) >= 10
