"""The pages of one query about metrics as one answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shadower_client.api.metrics import GetMetricsResponse, TimeSeries


def merged(pages: Sequence[GetMetricsResponse]) -> GetMetricsResponse:
    """As complete as the page that is least so. A series that goes on in the next page is one."""
    complete = [page.complete_until for page in pages]
    return replace(
        pages[0],
        time_series=_joined(series for page in pages for series in page.time_series),
        next_page_token="",
        as_of=min(page.as_of for page in pages),
        complete_until=None if None in complete else min(filter(None, complete)),
    )


def _joined(parts: Iterable[TimeSeries]) -> tuple[TimeSeries, ...]:
    whole: dict[tuple[object, ...], TimeSeries] = {}
    for part in parts:
        key = (part.metric, *sorted(part.labels.items()))
        known = whole.get(key)
        whole[key] = replace(known, points=(*known.points, *part.points)) if known else part
    return tuple(whole.values())
