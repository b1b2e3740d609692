"""Where lists of deliveries go on: behind a time and an id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.translation.pages import bad_token, read_place, write_place
from services.warehouse.notifications.deliveries import Delivery


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
