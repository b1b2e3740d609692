"""Where lists of alerts go on: behind a time and an id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.translation.pages import bad_token, read_place, write_place
from services.warehouse.alerts.alerts import Alert


def after_alert(request: Any) -> tuple[datetime, UUID] | None:
    """Raises InvalidArgument."""
    place = read_place(request)
    return place and (place[0], _uuid(place[1]))


def following_alert(request: Any, alerts: Sequence[Alert], limit: int) -> str:
    if len(alerts) <= limit:
        return ""
    last = alerts[limit - 1]
    return write_place(request, last.pending_at, str(last.alert_id))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as malformed:
        raise bad_token("is not one of ours") from malformed
