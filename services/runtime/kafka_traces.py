"""Traces across Kafka: who reads a record goes on where whoever sent it was.

https://opentelemetry.io/docs/specs/semconv/messaging/kafka/
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

from services.runtime.kafka import Producer
from services.runtime.telemetry.running import running_traceparent
from services.runtime.telemetry.shapes import CONSUMER, PRODUCER, Shape
from services.runtime.telemetry.spans import Span
from services.runtime.telemetry.traceparent import TRACEPARENT, Place, place_of
from services.runtime.telemetry.tracer import span_from

Sent: TypeAlias = "asyncio.Future[Any]"


@dataclass(frozen=True)
class Record:
    """What goes to a topic."""

    key: bytes | None
    value: bytes
    traceparent: str | None = None
    """Where in a trace it came to be; None is where it is sent."""


async def send_traced(producer: Producer, topic: str, record: Record) -> Sent:
    """Hands a record over. Its span lasts until it is durable, and goes along as W3C's header."""
    told = record.traceparent
    span = span_from(_sending(topic), running_traceparent() if told is None else told)
    headers = [(TRACEPARENT, span.place.traceparent.encode())] if span else None
    sent: Sent = await producer.send(topic, record.value, key=record.key, headers=headers)
    if span is not None:
        sent.add_done_callback(partial(_end, span))
    return sent


def traceparent_of(record: Any) -> str:
    """Of a record that was read; "" if it was sent in no trace."""
    found = next((value for key, value in record.headers or () if key == TRACEPARENT), b"")
    return (found or b"").decode("ascii", errors="replace")


def places_of(records: Iterable[Any]) -> list[Place]:
    return [place_of(traceparent_of(record)) for record in records]


@lru_cache(64)
def processing(topic: str) -> Shape:
    """What a reader does with records."""
    return _shape(f"process {topic}", CONSUMER, topic, "process")


@lru_cache(64)
def _sending(topic: str) -> Shape:
    return _shape(f"send {topic}", PRODUCER, topic, "send")


def _shape(name: str, kind: Any, topic: str, operation: str) -> Shape:
    return Shape(
        name,
        kind,
        messaging__system="kafka",
        messaging__destination__name=topic,
        messaging__operation__type=operation,
        messaging__operation__name=operation,
    )


def _end(span: Span, sent: Sent) -> None:
    failure = None if sent.cancelled() else sent.exception()
    if failure is not None:
        span.fail(type(failure).__qualname__)
    span.end()
