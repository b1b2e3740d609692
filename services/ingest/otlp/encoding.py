"""Bodies of OTLP over HTTP: protobuf, or JSON in OTLP's own manner."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeVar

from google.api.httpbody_pb2 import HttpBody
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from services.runtime.faults import InvalidArgument, invalid_field

MOST_BYTES = 4 * 1024 * 1024
"""What a body may have, inflated, as the contract allows it."""
PROTOBUF, JSON = "application/x-protobuf", "application/json"
# In JSON these are hexadecimal, where protobuf's own JSON has base64.
IDS = frozenset({"traceId", "spanId", "parentSpanId"})

Request = TypeVar("Request", bound=Message)


def decode(body: HttpBody, kind: type[Request], content_encoding: str = "") -> Request:
    """Raises InvalidArgument for what is not an export of that kind."""
    request, data = kind(), _inflated(body.data, content_encoding)
    try:
        _READERS[_content_type(body)](data, request)
    except (DecodeError, json_format.ParseError, ValueError, RecursionError) as malformed:
        raise _malformed() from malformed
    return request


def encode(reply: Message, like: HttpBody) -> HttpBody:
    """A reply in the encoding of a request."""
    content_type = _content_type(like)
    return HttpBody(content_type=content_type, data=_WRITERS[content_type](reply))


def _inflated(data: bytes, content_encoding: str) -> bytes:
    """Not at the edge: what is no gzip comes out of that as nothing, and nothing is an export."""
    if content_encoding.strip().lower() in ("", "identity"):
        return data
    if content_encoding.strip().lower() != "gzip":
        raise invalid_field("content-encoding", "must be gzip, or none")
    try:
        content = gzip.GzipFile(fileobj=BytesIO(data)).read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as malformed:
        raise invalid_field("body.data", "is not gzip, as its encoding says") from malformed
    if len(content) > MOST_BYTES:
        raise invalid_field("body.data", f"has more than {MOST_BYTES} bytes when it is inflated")
    return content


def _content_type(body: HttpBody) -> str:
    named = str(body.content_type).partition(";")[0].strip().lower()
    if named not in _READERS:
        raise invalid_field("body.content_type", f"must be {PROTOBUF} or {JSON}")
    return named


def _malformed() -> InvalidArgument:
    return invalid_field("body.data", "is not an export of OTLP in the encoding that it names")


def _read_protobuf(data: bytes, request: Message) -> None:
    request.ParseFromString(data)


def _read_json(data: bytes, request: Message) -> None:
    """Unknown fields are ignored, as OTLP wants it."""
    content = _with_base64_ids(json.loads(data))
    if not isinstance(content, dict):
        raise json_format.ParseError("not an object")
    json_format.ParseDict(content, request, ignore_unknown_fields=True)


def _with_base64_ids(content: Any) -> Any:
    match content:
        case dict():
            return {
                key: _base64(value) if key in IDS else _with_base64_ids(value)
                for key, value in content.items()
            }
        case list():
            return [_with_base64_ids(one) for one in content]
        case _:
            return content


def _base64(hexadecimal: Any) -> str:
    """What is not hexadecimal is no id, and is refused with its span and not with all others."""
    try:
        return base64.b64encode(bytes.fromhex(str(hexadecimal))).decode()
    except ValueError:
        return ""


def _write_json(reply: Message) -> bytes:
    return json_format.MessageToJson(reply, indent=None).encode()


_READERS: dict[str, Callable[[bytes, Message], None]] = {
    PROTOBUF: _read_protobuf,
    JSON: _read_json,
}
_WRITERS: dict[str, Callable[[Message], bytes]] = {
    PROTOBUF: lambda reply: reply.SerializeToString(),
    JSON: _write_json,
}
