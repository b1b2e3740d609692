"""Spans: what OTLP's own messages would say of them, which are recorded, and where they belong."""

import asyncio
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services.runtime.call import Admitted
from services.runtime.contract import method_contract
from services.runtime.identity import NOBODY as ANYBODY
from services.runtime.interceptors.spans import CallSpans
from services.runtime.telemetry.running import (
    RUNNING,
    outside,
    running_place,
    running_traceparent,
    within,
)
from services.runtime.telemetry.settings import TraceSettings
from services.runtime.telemetry.shapes import INTERNAL, SERVER, Shape
from services.runtime.telemetry.spans import MOST_LINKS, MOST_WITHIN
from services.runtime.telemetry.statements import shape_of
from services.runtime.telemetry.together import together
from services.runtime.telemetry.traceparent import NO_PLACE, Place, place_of
from services.runtime.telemetry.tracer import TRACER, going_on, of_its_own, serving
from services.runtime.telemetry.tracing import choice
from services.runtime.telemetry.wire import MOST_CHARACTERS
from tests.support.spans import recording

WORK, PART = Shape("work", SERVER, a__b="c"), Shape("part", INTERNAL)
TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
RECORDED = f"00-{TRACE_ID}-{SPAN_ID}-01"
UNRECORDED = f"00-{TRACE_ID}-{SPAN_ID}-00"
VALUES: dict[str, Any] = {
    "text": "ä" * 2000,
    "number": -7,
    "large": 2**62,
    "part": 0.5,
    "yes": True,
    "one": 1,
}


def context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(1)
    )


def test_a_span_is_encoded_as_the_sdk_encodes_it() -> None:
    linked = Place("1" * 32, "2" * 16, is_recorded=True)
    with recording(), serving(WORK, RECORDED):
        span = RUNNING.get()
        assert span is not None
        for key, value in VALUES.items():
            span.set(key, value)
        span.link([linked, NO_PLACE])
        span.fail("broken")
    [ours] = ScopeSpans.FromString(span.encoded()).spans
    cut = VALUES | {"text": "ä" * MOST_CHARACTERS}
    theirs = ReadableSpan(
        "work",
        context(TRACE_ID, ours.span_id.hex()),
        context(TRACE_ID, SPAN_ID),
        Resource.get_empty(),
        {"a.b": "c", **cut},
        links=[Link(context(linked.trace_id, linked.span_id))],
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR, "broken"),
        start_time=ours.start_time_unix_nano,
        end_time=ours.end_time_unix_nano,
    )
    [expected] = encode_spans([theirs]).resource_spans[0].scope_spans[0].spans
    # What says whether a parent is of another process is left out.
    expected.ClearField("flags")
    expected.links[0].ClearField("flags")
    assert ours == expected
    assert 0 <= ours.end_time_unix_nano - ours.start_time_unix_nano < 10**10


@pytest.mark.parametrize(
    ("sampler", "without", "recorded", "unrecorded"),
    [
        ("always_on", True, True, True),
        ("always_off", False, False, False),
        ("traceidratio", False, False, False),
        ("parentbased_always_on", True, True, False),
        ("parentbased_always_off", False, True, False),
        ("parentbased_traceidratio", False, True, False),
    ],
)
def test_samplers_are_the_standard_ones(
    sampler: str, *, without: bool, recorded: bool, unrecorded: bool
) -> None:
    settings = TraceSettings(OTEL_TRACES_SAMPLER=sampler, OTEL_TRACES_SAMPLER_ARG=0)
    with recording(choice(settings), heeds=settings.heeds_callers) as kept:
        found = []
        for traceparent in ("", RECORDED, UNRECORDED):
            with serving(WORK, traceparent):
                found.append(running_place().is_recorded)
    assert found == [without, recorded, unrecorded]
    assert len(kept.spans) == sum(found)


def test_a_ratio_is_that_of_traces() -> None:
    settings = TraceSettings(OTEL_TRACES_SAMPLER_ARG=0.25)
    with recording(choice(settings)) as kept:
        for _ in range(2000):
            with of_its_own(WORK), within(PART):
                pass
    # Of 500 it differs by more than 120 once in 10^9 times.
    assert 380 < len({span.trace_id for span in kept.spans}) < 620
    assert len(kept.spans) % 2 == 0


def test_where_nothing_is_recorded_nothing_is_begun() -> None:
    with within(PART), of_its_own(WORK), going_on(WORK, RECORDED), serving(WORK, RECORDED):
        assert RUNNING.get() is None
    with recording() as kept, within(PART), going_on(WORK, UNRECORDED), going_on(WORK, "none"):
        assert (RUNNING.get(), running_traceparent()) == (None, "")
    assert kept.spans == []


def test_a_failure_is_told_and_passed_on() -> None:
    with recording() as kept, pytest.raises(LookupError), of_its_own(WORK), within(PART):
        raise KeyError("which nobody logs")
    part, work = kept.spans
    assert (part.parent_id, part.failure, work.failure) == (work.span_id, "KeyError", "KeyError")
    assert part.attributes == {"error.type": "KeyError"}
    assert RUNNING.get() is None


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "x",
        RECORDED.upper(),
        f"{RECORDED}-more",
        f"{RECORDED}\n",
        f"01{RECORDED[2:]}",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{'g' * 32}-{SPAN_ID}-01",
    ],
)
def test_what_is_no_traceparent_is_no_place(bad: str) -> None:
    assert place_of(bad) == NO_PLACE
    assert place_of(RECORDED).traceparent == RECORDED
    assert place_of(UNRECORDED).traceparent == UNRECORDED


def test_what_is_done_together_is_in_each_trace() -> None:
    places = [Place(f"{n:032x}", f"{n:016x}", is_recorded=n % 2 == 0) for n in range(1, 201)]
    with recording() as kept, together(WORK, [*places, *places]), within(PART):
        pass
    within_it, *works = kept.spans
    first = next(span for span in works if span.trace_id == within_it.trace_id)
    others = [span for span in works if span is not first]
    assert (within_it.parent_id, first.trace_id) == (first.span_id, f"{2:032x}")
    assert first.links == {span.trace_id for span in others}
    assert len(others) == MOST_LINKS
    assert all(int(span.trace_id, 16) == int(span.parent_id, 16) for span in works)


def test_a_recalled_call_is_one_with_its_look() -> None:
    with recording() as kept:
        tracer = TRACER.get()
        assert tracer is not None
        contract = method_contract("/shadower.metrics.v1.MetricsService/GetMetrics")
        assert contract is not None
        pairs = (("traceparent", RECORDED), ("x", b"y"))
        admitted = Admitted(ANYBODY, "w-1", lambda: None)
        place = CallSpans(tracer).note_recalled(contract, admitted, pairs, 0.002)
    call, look = kept.spans
    assert (call.trace_id, call.span_id, call.parent_id) == (TRACE_ID, place.span_id, SPAN_ID)
    assert (call.name, call.kind) == ("shadower.metrics.v1.MetricsService/GetMetrics", "server")
    assert call.end - call.start == 2_000_000
    assert call.attributes["shadower.workspace_id"] == "w-1"
    assert call.attributes["rpc.grpc.status_code"] == 0
    assert (look.parent_id, look.attributes) == (call.span_id, {"shadower.cache.outcome": "hit"})


def test_a_call_that_does_much_has_no_more_spans_than_are_allowed() -> None:
    with recording() as kept, of_its_own(WORK):
        for _ in range(MOST_WITHIN):
            with within(PART), within(PART):
                pass
    assert len(kept.spans) == 1 + MOST_WITHIN


def test_what_is_noted_within_a_span_is_a_span_of_its_own() -> None:
    with recording() as kept:
        with of_its_own(WORK):
            span = RUNNING.get()
            assert span is not None
            span.note(PART, span.began)
            span.note(PART, span.began, "KeyError")
        span.note(PART, span.began)
    whole, fine, failed, late = kept.spans
    assert {one.parent_id for one in (fine, failed, late)} == {whole.span_id}
    assert len({one.span_id for one in kept.spans}) == 4
    assert (fine.failure, failed.failure, late.failure) == (None, "KeyError", None)
    assert failed.attributes == {"error.type": "KeyError"}
    assert fine.start == whole.start <= fine.end <= whole.end <= late.end


async def test_what_outlives_a_call_is_in_no_trace() -> None:
    async def place() -> Place:
        return running_place()

    with recording(), of_its_own(WORK):
        inside = await asyncio.create_task(place())
        apart = await asyncio.create_task(place(), context=outside())
        assert (inside, apart) == (running_place(), NO_PLACE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("select a\nfrom shadower.runs where b = $1", "SELECT shadower.runs"),
        ("with x as (insert into outbox (a) values ($1)) select 1 from x", "INSERT outbox"),
        ("update only runs set a = $1", "UPDATE runs"),
        ("COMMIT;", "COMMIT"),
        ("explain (format json) select 1", "EXPLAIN"),
        ("lock table x", "EXECUTE"),
    ],
)
def test_statements_are_named_by_what_they_do(text: str, name: str) -> None:
    assert shape_of(text).name == name
