"""Sets of times as the database knows them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import asyncpg

from services.warehouse.rollups.levels import Level
from services.warehouse.rollups.spans import Spans, spans_of, to_microseconds


def to_spans(multirange: Iterable[Any]) -> Spans:
    """From bounded ranges of times."""
    return spans_of((to_microseconds(one.lower), to_microseconds(one.upper)) for one in multirange)


def to_cells(level: Level, multirange: Iterable[Any]) -> Spans:
    """Those that lie in it as a whole: a writer of an older version, which knows nothing of the
    level, takes out of the ledger what it knows."""
    return level.within(to_spans(multirange))


def to_multirange(spans: Spans) -> list["asyncpg.Range[datetime]"]:
    return [asyncpg.Range(start, end) for start, end in zip(*spans.times, strict=True)]
