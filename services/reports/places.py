"""Where lists go on: behind an id, or behind a time and an id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.translation.ids import ID, after_id, following_id
from services.translation.pages import bad_token, read_place, write_place
from services.warehouse.reports.reports import KeptReport

__all__ = ["after_id", "before_report", "following_id", "following_report"]


def before_report(request: Any) -> tuple[datetime, str] | None:
    """Raises InvalidArgument."""
    place = read_place(request)
    if place and not ID.fullmatch(place[1]):
        raise bad_token("is not one of ours")
    return place


def following_report(request: Any, reports: Sequence[KeptReport], limit: int) -> str:
    if len(reports) <= limit:
        return ""
    last = reports[limit - 1]
    return write_place(request, last.created_at, last.report_id)
