"""Where lists go on: behind an id, or behind a time and an id."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.translation.pages import bad_token, read_place, read_token, write_place, write_token
from services.warehouse.reports.reports import KeptReport

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
