"""Where lists of reports go on: behind a time and an id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.translation.ids import ID
from services.translation.pages import bad_token, read_place, write_place
from services.warehouse.reports.reports import KeptReport


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
