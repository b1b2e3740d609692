"""How one agent did: everything beyond its statistics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from services.runtime.faults import invalid_field
from services.warehouse.database import Session
from services.warehouse.facts.model import ErrorType
from services.warehouse.queries.buckets import CURRENT, PREVIOUS, Buckets, with_previous
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.labels import clock, dimension
from services.warehouse.queries.registry import MEASURES, ratings_of
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import (
    OF_STATISTICS,
    Statistics,
    fetch_some_by,
    measures_of,
    statistics_of,
)
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
OF_TREND = [
    MEASURES[name]
    for name in ("executions", "success_rate", "duration_avg", "total_tokens", "cost")
]

# Nobody asks how many agents one agent is, and the rest only where it is told.
OF_AGENT = [name for name in OF_STATISTICS if name != "agents"]
OF_MODEL = (
    *("total", "success_rate", "known_costs", "unknown_costs", "cost", "average_cost", "credits"),
    *("known_tokens", "unknown_tokens", "input_tokens", "output_tokens", "cached_input_tokens"),
    *("total_tokens", "average_tokens"),
)
OF_GRADES = [ratings_of(grade) for grade in range(1, 6)]
OF_ERRORS = [MEASURES[f"errors_{name}"] for name in ErrorType]


@dataclass(frozen=True)
class ModelUse:
    """Runs with one model; "" is an unknown one."""

    model: str
    statistics: Statistics


@dataclass(frozen=True)
class ErrorCount:
    """Runs that ended with one type of error."""

    error_type: str
    executions: int


@dataclass(frozen=True)
class Period:
    """Statistics, the number of ratings of each grade from 1 to 5, and types of errors, most
    first."""

    statistics: Statistics
    grades: list[int]
    errors: list[ErrorCount]


@dataclass(frozen=True)
class Periods:
    """The interval, and the period just before it."""

    current: Period
    previous: Period


@dataclass(frozen=True)
class UsageCell:
    """Runs of one local hour of one local weekday (ISO: Monday is 1)."""

    weekday: int
    hour: int
    executions: int


@dataclass(frozen=True)
class TrendPoint:
    """Runs of one bucket, from 1."""

    bucket: int
    executions: int
    success_rate: float | None
    average_duration: float | None
    total_tokens: int | None
    cost: Decimal | None


class AgentRuns:
    """Questions about the runs of one agent in one session."""

    def __init__(self, session: Session, selection: Selection) -> None:
        self._session = session
        self._selection = selection

    async def name(self, agent_id: str) -> str | None:
        """The latest name, "" if it has none, None if the agent never ran at all."""
        row = await self._session.connection.fetchrow(
            QUERIES["agent_name"], self._session.workspace_id, agent_id
        )
        return row["agent_name"] if row else None

    async def periods(self) -> Periods:
        buckets = with_previous(self._selection.interval)
        both = replace(self._selection, interval=buckets.whole)
        measures = [*measures_of(OF_AGENT), *OF_GRADES, *OF_ERRORS]
        rows = await fetch_grouped(self._session, GroupedQuery(both, measures, buckets=buckets))
        found = {row.bucket: row.values for row in rows}
        return Periods(_period(found.get(CURRENT)), _period(found.get(PREVIOUS)))

    async def models(self) -> list[ModelUse]:
        by_model = [dimension("model")]
        found = await fetch_some_by(self._session, self._selection, by_model, OF_MODEL)
        uses = [ModelUse(model, statistics) for (model,), statistics in found]
        return sorted(uses, key=lambda use: -use.statistics.total)

    async def usage(self, zone: ZoneInfo) -> list[UsageCell]:
        labels = [clock(part, zone, self._selection.interval) for part in ("weekday", "hour")]
        try:
            query = GroupedQuery(self._selection, [MEASURES["executions"]], labels)
            rows = await fetch_grouped(self._session, query)
        except asyncpg.InvalidParameterValueError as unknown:
            # The database's list of zones need not be as long as ours.
            raise invalid_field("time_zone", f"the database lacks {zone.key!r}") from unknown
        return [UsageCell(*row.key, *row.values) for row in rows]

    async def trend(self, buckets: Buckets) -> list[TrendPoint]:
        query = GroupedQuery(self._selection, OF_TREND, buckets=buckets)
        rows = await fetch_grouped(self._session, query)
        return [TrendPoint(*row.key, *row.values) for row in rows]


def _period(values: Sequence[Any] | None) -> Period:
    """From the values of OF_AGENT, OF_GRADES and OF_ERRORS; there are none of no run."""
    if values is None:
        return Period(Statistics(), [0] * len(OF_GRADES), [])
    width = len(OF_AGENT)
    grades, errors = values[width : width + len(OF_GRADES)], values[width + len(OF_GRADES) :]
    counts = [ErrorCount(*count) for count in zip(ErrorType, errors, strict=True)]
    return Period(
        statistics_of(OF_AGENT, values[:width]),
        list(grades),
        sorted((one for one in counts if one.executions), key=_most_first),
    )


def _most_first(count: ErrorCount) -> tuple[int, str]:
    return -count.executions, count.error_type
