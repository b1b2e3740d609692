"""What is asked of every set of runs: counts, durations, tokens, cost."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.functions import function_over
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.labels import Label
from services.warehouse.queries.measures import Measure
from services.warehouse.queries.packed import duration_percentiles
from services.warehouse.queries.registry import MEASURES, measure
from services.warehouse.queries.selection import Selection
from services.warehouse.rollups.durations import PERCENTILES


@dataclass(frozen=True)
class Statistics:
    """Statistics of a set of runs; None is: not known. Seconds are floats, money is exact. As they
    stand here, of no run."""

    total: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    cancelled: int = 0
    success_rate: float | None = None
    known_durations: int = 0
    average_duration: float | None = None
    minimum_duration: float | None = None
    maximum_duration: float | None = None
    duration_deviation: float | None = None
    duration_percentiles: list[float] | None = None
    """50th, 75th, 90th, 95th and 99th."""
    efficiency: float | None = None
    """Share of the known run time of decided runs that went into runs that succeeded."""
    known_tokens: int = 0
    unknown_tokens: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    total_tokens: int | None = None
    average_tokens: float | None = None
    known_costs: int = 0
    unknown_costs: int = 0
    cost: Decimal | None = None
    average_cost: Decimal | None = None
    credits: Decimal | None = None
    users: int = 0
    agents: int = 0
    average_rating: float | None = None
    last_started_at: datetime | None = None


OF_STATISTICS = {
    "total": MEASURES["executions"],
    "running": MEASURES["running"],
    "succeeded": MEASURES["succeeded"],
    "failed": MEASURES["failed"],
    "timed_out": MEASURES["timed_out"],
    "cancelled": MEASURES["cancelled"],
    "success_rate": MEASURES["success_rate"],
    "known_durations": function_over("count", "duration"),
    "average_duration": MEASURES["duration_avg"],
    "minimum_duration": MEASURES["duration_min"],
    "maximum_duration": MEASURES["duration_max"],
    "duration_deviation": MEASURES["duration_stddev"],
    "duration_percentiles": duration_percentiles(PERCENTILES),
    "efficiency": measure("efficiency"),
    "known_tokens": function_over("count", "total_tokens"),
    "unknown_tokens": MEASURES["unknown_tokens"],
    "input_tokens": MEASURES["input_tokens"],
    "output_tokens": MEASURES["output_tokens"],
    "cached_input_tokens": MEASURES["cached_input_tokens"],
    "total_tokens": MEASURES["total_tokens"],
    "average_tokens": MEASURES["total_tokens_avg"],
    "known_costs": function_over("count", "cost"),
    "unknown_costs": measure("unknown_costs"),
    "cost": MEASURES["cost"],
    "average_cost": MEASURES["cost_avg"],
    "credits": MEASURES["credits"],
    "users": MEASURES["active_users"],
    "agents": MEASURES["active_agents"],
    "average_rating": MEASURES["user_rating"],
    "last_started_at": measure("last_started_at"),
}


async def fetch_statistics_by(
    session: Session, selection: Selection, labels: Sequence[Label]
) -> list[tuple[tuple[Any, ...], Statistics]]:
    """Those of each group, by its key.

    Different agents are counted apart: what tells agents apart is many times more to read.
    """
    found = await fetch_some_by(session, selection, labels, OF_STATISTICS.keys() - {"agents"})
    counted = dict(await fetch_some_by(session, selection, labels, {"agents"}))
    return [(key, replace(one, agents=counted[key].agents)) for key, one in found]


async def fetch_some_by(
    session: Session, selection: Selection, labels: Sequence[Label], names: Collection[str]
) -> list[tuple[tuple[Any, ...], Statistics]]:
    """Those that are named, of each group; all others are as of no run."""
    query = GroupedQuery(selection, measures_of(names), labels)
    rows = await fetch_grouped(session, query)
    return [(row.key, statistics_of(names, row.values)) for row in rows]


def measures_of(names: Collection[str]) -> list[Measure]:
    return [OF_STATISTICS[name] for name in names]


def statistics_of(names: Collection[str], values: Iterable[Any]) -> Statistics:
    """From the values of their measures."""
    return Statistics(**dict(zip(names, values, strict=True)))
