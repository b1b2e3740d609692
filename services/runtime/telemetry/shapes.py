"""What spans of a sort have in common."""

from typing import TypeAlias

from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from services.runtime.telemetry.wire import Value, encoded_shape

INTERNAL = OtlpSpan.SPAN_KIND_INTERNAL
SERVER = OtlpSpan.SPAN_KIND_SERVER
CLIENT = OtlpSpan.SPAN_KIND_CLIENT
PRODUCER = OtlpSpan.SPAN_KIND_PRODUCER
CONSUMER = OtlpSpan.SPAN_KIND_CONSUMER
Kind: TypeAlias = "OtlpSpan.SpanKind.ValueType"


class Shape:
    """What spans of a sort have in common. There are to be few: whoever makes them as they come
    remembers them."""

    __slots__ = ("encoded", "name")

    def __init__(self, name: str, kind: Kind, **attributes: Value) -> None:
        """Dots in the names of attributes are written as two underscores."""
        self.name = name
        named = {key.replace("__", "."): value for key, value in attributes.items()}
        self.encoded = encoded_shape(name, kind, named)
