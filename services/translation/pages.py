"""Page tokens: where a query goes on. Nothing in them is secret, and they fit no other query.

A seal finds what was changed by accident; positions are checked where they are read.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.message import Message

from services.runtime.faults import InvalidArgument, invalid_field
from services.runtime.times import EPOCH
from services.translation.meaning import meaning
from services.warehouse.queries.interval import Interval

MICROSECOND = timedelta(microseconds=1)
MOST_MICROSECONDS = 2**57
# What decoding raises, from wrong base64 to JSON that is nested too deep.
UNREADABLE = (binascii.Error, ValueError, TypeError, OverflowError, RecursionError)
PAGE_FIELDS = ("page_token", "page_size")


def page_size(asked: int, default: int, most: int) -> int:
    return min(asked or default, most)


def write_token(request: Message, answered: Interval | None, position: Sequence[Any]) -> str:
    """`answered` fixes an interval that the request left to the time of its first page."""
    return write_opaque(request, PAGE_FIELDS, answered, position)


def read_token(request: Message) -> tuple[Interval | None, list[Any]]:
    """The interval and position of a request's page token. Raises InvalidArgument."""
    return read_opaque(request, PAGE_FIELDS, request.page_token, "page_token")  # type: ignore[attr-defined]


def read_place(request: Message) -> tuple[datetime, str] | None:
    """The time and the name that a request's page token goes on behind; None before the first page.
    Raises InvalidArgument."""
    if not request.page_token:  # type: ignore[attr-defined]
        return None
    match read_token(request)[1]:
        case [int() as since, str() as name] if 0 <= since < MOST_MICROSECONDS:
            return EPOCH + since * MICROSECOND, name
    raise bad_token("is not one of ours")


def write_place(request: Message, time: datetime, name: str) -> str:
    return write_token(request, None, [(time - EPOCH) // MICROSECOND, name])


def write_opaque(
    request: Message, apart: Sequence[str], answered: Interval | None, position: Sequence[Any]
) -> str:
    span = answered and [(end - EPOCH) // MICROSECOND for end in (answered.start, answered.end)]
    content = [span, list(position)]
    text = json.dumps([_seal(request, apart, content), *content], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_opaque(
    request: Message, apart: Sequence[str], token: str, field: str
) -> tuple[Interval | None, list[Any]]:
    try:
        padded = token + "=" * (-len(token) % 4)
        seal, *content = json.loads(base64.urlsafe_b64decode(padded))
        span, position = content
        answered = span and Interval(*(EPOCH + MICROSECOND * int(end) for end in span))
    except UNREADABLE as malformed:
        raise bad_token("is not one of ours", field) from malformed
    if seal != _seal(request, apart, content):
        raise bad_token("belongs to another query", field)
    return answered, position


def bad_token(description: str, field: str = "page_token") -> InvalidArgument:
    return invalid_field(field, description, reason="PAGE_TOKEN_INVALID")


def _seal(request: Message, apart: Sequence[str], content: list[Any]) -> str:
    """Ties a position to its query: to what the request means, but for where to go on."""
    query = meaning(request)
    for name in apart:
        query.ClearField(name)
    sealed = query.SerializeToString(deterministic=True) + json.dumps(content).encode()
    return hashlib.sha256(sealed).hexdigest()[:16]
