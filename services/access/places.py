"""Where a list goes on: behind a time and what tells those of the same time apart."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.translation.pages import bad_token, read_place, write_place

Id = TypeVar("Id")


def read(request: Any, id_of: Callable[[str], Id]) -> tuple[datetime, Id] | None:
    """The place in a request's page token. Raises InvalidArgument."""
    place = read_place(request)
    return place and (place[0], _id(place[1], id_of))


def following(request: Any, places: Sequence[tuple[datetime, str]], limit: int) -> str:
    """The token of the page behind so many; "" if that would be empty."""
    if len(places) <= limit:
        return ""
    return write_place(request, *places[limit - 1])


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
