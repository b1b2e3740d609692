"""What has an id of its owner's choosing: how lists of it go on, and how one is known as it is."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from services.translation.pages import bad_token, read_token, write_token

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Versioned(Protocol):
    """It has a number for each time that it was changed since it was made."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def version(self) -> int: ...


def etag_of(kept: Versioned) -> str:
    """Another one whenever it is changed, or made again by the same id."""
    return f"{int(kept.created_at.timestamp() * 1_000_000):x}-{kept.version}"


def after_id(request: Any) -> str:
    """The id in a request's page token; "" is before all. Raises InvalidArgument."""
    if not request.page_token:
        return ""
    match read_token(request)[1]:
        case [str() as text] if ID.fullmatch(text):
            return text
    raise bad_token("is not one of ours")


def following_id(request: Any, ids: Sequence[str], limit: int) -> str:
    """The token of the page behind so many; "" if that would be empty."""
    return write_token(request, None, [ids[limit - 1]]) if len(ids) > limit else ""
