"""Where a list goes on: behind a time and what tells those of the same time apart."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from services.runtime.times import EPOCH
from services.translation.pages import bad_token, read_token, write_token

MICROSECOND = timedelta(microseconds=1)
MOST_MICROSECONDS = 2**57

Id = TypeVar("Id")


def read(request: Any, id_of: Callable[[str], Id]) -> tuple[datetime, Id] | None:
    """The place in a request's page token. Raises InvalidArgument."""
    if not request.page_token:
        return None
    _, position = read_token(request)
    match position:
        case [int() as since, str() as text] if 0 <= since < MOST_MICROSECONDS:
            return EPOCH + since * MICROSECOND, _id(text, id_of)
    raise bad_token("is not one of ours")


def following(request: Any, places: Sequence[tuple[datetime, str]], limit: int) -> str:
    """The token of the page behind so many; "" if that would be empty."""
    if len(places) <= limit:
        return ""
    time, text = places[limit - 1]
    return write_token(request, None, [(time - EPOCH) // MICROSECOND, text])


def token_id(text: str) -> str:
    return _matching(r"[!-~]{1,256}", text)


def key_id(text: str) -> str:
    return _matching(r"[0-9a-f]{24}", text)


def uuid(text: str) -> UUID:
    return UUID(text)


def _matching(pattern: str, text: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise ValueError(text)
    return text


def _id(text: str, id_of: Callable[[str], Id]) -> Id:
    try:
        return id_of(text)
    except ValueError as malformed:
        raise bad_token("is not one of ours") from malformed
