"""Traces of a process reach a collector, who it is beside them; and one that is away holds up
nobody."""

import asyncio
import os
import time
from typing import Any

import pytest

from services.runtime.telemetry.running import RUNNING
from services.runtime.telemetry.settings import TraceSettings
from services.runtime.telemetry.shapes import INTERNAL, Shape
from services.runtime.telemetry.statements import shape_of
from services.runtime.telemetry.tracer import TRACER, of_its_own
from services.runtime.telemetry.tracing import MOST_AT_ONCE, MOST_BYTES, MOST_WAITING, open_tracer
from tests.support.collector import Collector, running_collector
from tests.support.ports import free_port

WORK = Shape("work", INTERNAL)


def settings_of(endpoint: str, **given: Any) -> TraceSettings:
    told: dict[str, Any] = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": endpoint,
        "OTEL_TRACES_SAMPLER": "always_on",
    }
    return TraceSettings(**told | given)


def work(times: int) -> None:
    for _ in range(times):
        with of_its_own(WORK):
            pass


async def test_all_that_was_done_has_been_told_at_the_end() -> None:
    many = MOST_AT_ONCE * 2 + 1
    async with running_collector() as collector:
        await asyncio.to_thread(_done, collector, many)
        assert len(collector.spans) == many
    assert {(span.service, span.name) for span in collector.spans} == {("here", "work")}


def _done(collector: Collector, times: int) -> None:
    with open_tracer(settings_of(collector.address), "here"):
        work(times)
    assert TRACER.get() is None


async def test_what_does_much_is_told_in_requests_that_collectors_take() -> None:
    calls, statements = 60, 199
    text = "select " + "x" * 400
    async with running_collector() as collector:

        def done() -> None:
            with open_tracer(settings_of(collector.address), "here"):
                for _ in range(calls):
                    with of_its_own(WORK):
                        running = RUNNING.get()
                        assert running is not None
                        for _ in range(statements):
                            running.note(shape_of(text), time.time_ns())

        await asyncio.to_thread(done)
        assert collector.largest < MOST_BYTES * 1.1
        assert len(collector.spans) == calls * (1 + statements)


@pytest.mark.parametrize("told", [{}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_without_a_collector_or_when_told_so_there_is_none(told: dict[str, str]) -> None:
    endpoint = "http://127.0.0.1:1" if told else ""
    with open_tracer(settings_of(endpoint, **told), "here") as tracer:
        assert (tracer, TRACER.get()) == (None, None)


def test_a_collector_that_is_away_holds_up_nobody() -> None:
    began = time.monotonic()
    with open_tracer(settings_of(f"http://127.0.0.1:{free_port()}"), "here") as tracer:
        work(MOST_WAITING + 500)
        busy = time.monotonic() - began
        assert tracer is not None
    assert busy < 5
    # What it is told at last, and what was under way before, may take two seconds each.
    assert time.monotonic() - began - busy < 10


def test_the_queue_is_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "OTEL_BSP_MAX_QUEUE_SIZE" not in os.environ
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "7")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "7")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")

    async def told() -> int:
        async with running_collector() as collector:
            await asyncio.to_thread(_done, collector, 7)
            return len(collector.spans)

    assert asyncio.run(told()) == 7
