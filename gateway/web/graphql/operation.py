"""What a GraphQL request asks for."""

from dataclasses import dataclass
from typing import Any

import orjson

from services.runtime.faults import InvalidArgument


@dataclass(frozen=True)
class Operation:
    """A document, which of its operations is meant, and its variables."""

    query: str
    name: str | None
    variables: dict[str, Any]


def decoded_operation(body: bytes) -> Operation:
    """Raises InvalidArgument."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as malformed:
        raise invalid("the request is not JSON") from malformed
    return read_operation(content)


def read_operation(content: object) -> Operation:
    """Raises InvalidArgument. Several operations at once are not taken."""
    query = content.get("query") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(query, str) or not query:
        raise invalid("a request is a JSON object with a query")
    name = _checked(content.get("operationName"), str, "operationName is a text")
    variables = _checked(content.get("variables"), dict, "variables are an object")
    return Operation(query, name or None, variables or {})


def _checked(value: Any, kind: type, otherwise: str) -> Any:
    if value is not None and not isinstance(value, kind):
        raise invalid(otherwise)
    return value


def invalid(why: str) -> InvalidArgument:
    return InvalidArgument("OPERATION_INVALID", why)
