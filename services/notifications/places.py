"""Where lists go on: behind an id, or behind a time and an id."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.translation.pages import bad_token, read_place, read_token, write_place, write_token
from services.warehouse.notifications.deliveries import Delivery

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


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


def after_delivery(request: Any) -> tuple[datetime, UUID] | None:
    """Raises InvalidArgument."""
    place = read_place(request)
    return place and (place[0], _uuid(place[1]))


def following_delivery(request: Any, found: Sequence[Delivery], limit: int) -> str:
    if len(found) <= limit:
        return ""
    last = found[limit - 1]
    return write_place(request, last.created_at, str(last.delivery_id))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as malformed:
        raise bad_token("is not one of ours") from malformed
