"""Bodies of OTLP over HTTP: protobuf, or JSON in OTLP's own manner."""

import base64
import json
from collections.abc import Callable
from typing import Any, TypeVar

from google.api.httpbody_pb2 import HttpBody
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from services.runtime.faults import InvalidArgument, invalid_field

PROTOBUF, JSON = "application/x-protobuf", "application/json"
# In JSON these are hexadecimal, where protobuf's own JSON has base64.
IDS = frozenset({"traceId", "spanId", "parentSpanId"})

Request = TypeVar("Request", bound=Message)


def decode(body: HttpBody, kind: type[Request]) -> Request:
    """Raises InvalidArgument for what is not an export of that kind."""
    request = kind()
    try:
        _READERS[_content_type(body)](body.data, request)
    except (DecodeError, json_format.ParseError, ValueError, RecursionError) as malformed:
        raise _malformed() from malformed
    return request


def encode(reply: Message, like: HttpBody) -> HttpBody:
    """A reply in the encoding of a request."""
    content_type = _content_type(like)
    return HttpBody(content_type=content_type, data=_WRITERS[content_type](reply))


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
