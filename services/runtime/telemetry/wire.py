"""Spans as OTLP has them on the wire.

A message of Protocol Buffers is the sum of its parts, in any order: what many spans have in common
is encoded once. The SDK's own spans and its encoder take longer, each, than a cached answer.
"""

import struct
from collections.abc import Mapping
from functools import lru_cache

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

Value = str | int | float | bool

MOST_CHARACTERS = 1024
"""Of a text; the rest is cut off."""
REMEMBERED = 4096

TRACE_ID, SPAN_ID, PARENT_ID = b"\x0a\x10", b"\x12\x08", b"\x22\x08"
_times = struct.Struct("<cQcQ").pack
START, END = b"\x39", b"\x41"


def encoded_shape(name: str, kind: "Span.SpanKind.ValueType", told: Mapping[str, Value]) -> bytes:
    """What all spans of a sort begin with."""
    named = Span(name=name[:MOST_CHARACTERS], kind=kind)
    parts = (encoded_attribute(key, value) for key, value in told.items())
    return b"".join((named.SerializeToString(), *parts))


@lru_cache(REMEMBERED, typed=True)
def encoded_attribute(key: str, value: Value) -> bytes:
    """Remembered by type, too: 1 and True are not the same."""
    return Span(attributes=[key_value(key, value)]).SerializeToString()


def key_value(key: str, value: Value) -> KeyValue:
    return KeyValue(key=key, value=_any(value))


def encoded_ids(trace_id: str, span_id: str, parent_id: str) -> bytes:
    ids = b"".join((TRACE_ID, bytes.fromhex(trace_id), SPAN_ID, bytes.fromhex(span_id)))
    return ids + PARENT_ID + bytes.fromhex(parent_id) if parent_id else ids


def encoded_times(start: int, end: int) -> bytes:
    """In nanoseconds since 1970."""
    return _times(START, start, END, end)


def encoded_link(trace_id: str, span_id: str) -> bytes:
    link = Span.Link(trace_id=bytes.fromhex(trace_id), span_id=bytes.fromhex(span_id))
    return Span(links=[link]).SerializeToString()


def encoded_failure(why: str) -> bytes:
    status = Status(code=Status.STATUS_CODE_ERROR, message=why[:MOST_CHARACTERS])
    return Span(status=status).SerializeToString()


def field(tag: bytes, content: bytes) -> bytes:
    """A message within another one."""
    return b"".join((tag, _varint(len(content)), content))


@lru_cache(REMEMBERED)
def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _any(value: Value) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value[:MOST_CHARACTERS])
