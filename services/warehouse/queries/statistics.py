"""What is asked of every set of runs: counts, durations, tokens, cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.registry import EXPRESSIONS
from services.warehouse.queries.selection import Selection
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
# The columns of a Statistics, for any statement over executions.
STATISTICS = QUERIES["statistics"].format(**EXPRESSIONS)


@dataclass(frozen=True)
class Statistics:
    """Statistics of a set of runs; None is: not known. Seconds are floats, money is exact."""

    total: int
    running: int
    succeeded: int
    failed: int
    timed_out: int
    cancelled: int
    success_rate: float | None
    known_durations: int
    average_duration: float | None
    minimum_duration: float | None
    maximum_duration: float | None
    duration_deviation: float | None
    duration_percentiles: list[float] | None
    """50th, 75th, 90th, 95th and 99th."""
    efficiency: float | None
    """Share of the known run time of decided runs that went into runs that succeeded."""
    known_tokens: int
    unknown_tokens: int
    input_tokens: int | None
    output_tokens: int | None
    cached_input_tokens: int | None
    total_tokens: int | None
    average_tokens: float | None
    known_costs: int
    unknown_costs: int
    cost: Decimal | None
    average_cost: Decimal | None
    credits: Decimal | None
    users: int
    agents: int
    average_rating: float | None
    last_started_at: datetime | None


async def fetch_statistics(session: Session, selection: Selection) -> Statistics:
    parameters = Parameters(session.workspace_id)
    statement = QUERIES["whole"].format(
        statistics=STATISTICS, condition=selection.of_executions(parameters)
    )
    row = await session.connection.fetchrow(statement, *parameters.values)
    return statistics_of(dict(row or {}))


def statistics_of(row: Mapping[str, Any]) -> Statistics:
    """From a row that has the columns of `statistics`, and perhaps others."""
    return Statistics(**{name: row[name] for name in Statistics.__dataclass_fields__})
