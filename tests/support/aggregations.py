"""What tests of CalculateAggregates ask about: an interval, aggregations, and runs with gaps."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shadower.aggregates.v1.aggregation_pb2 import Aggregation, Field, Function
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.granularity_pb2 import Granularity

from tests.support.runs import Row, interval, run

# Berlin's clocks go forward within it.
START, END = datetime(2025, 3, 29, 20, 30, tzinfo=UTC), datetime(2025, 3, 31, 21, tzinfo=UTC)
WHOLE, DAY, ZONE = interval(START, END), Granularity.GRANULARITY_DAY, "Europe/Berlin"
IDS = ("execution", "agent", "user", "model", "conversation")
NUMBERS = ("duration", "input_tokens", "output_tokens", "cached_input_tokens", "total_tokens")
NUMBERS += ("cost", "credits", "user_rating", "tool_calls")
DIMENSIONS = {"agent_id": Dimension.DIMENSION_AGENT, "status": Dimension.DIMENSION_STATUS}
DIMENSIONS |= {"model": Dimension.DIMENSION_MODEL, "error_type": Dimension.DIMENSION_ERROR_TYPE}


def aggregation(field: str, function: str, percent: float | None, **other: Any) -> Aggregation:
    number = Function.Value(f"FUNCTION_{function.upper()}")
    if field in (*IDS, *NUMBERS):
        other["field"] = Field.Value(f"FIELD_{field.upper()}")
    else:
        other["metric_type"] = field
    return Aggregation(function=number, percentile=percent, **other)


HOURS = [START.replace(minute=0) + timedelta(hours=n) for n in range(49)]


def sparse_runs() -> list[Row]:
    """Agents with gaps at both ends and between; some values are unknown where there are runs."""
    at = {"a": {3: 5, 4: None, 9: 25, 40: 1}, "b": {0: None, 1: 7, 48: 70}, "c": {20: None}}
    return [
        run(
            f"{agent}-{hour}",
            max(START, HOURS[hour]),
            agent_id=agent,
            user_id="u",
            cost_usd=number and f"{number}.10",
            input_tokens=number,
            output_tokens=number,
            end_time=number and max(START, HOURS[hour]) + timedelta(seconds=number),
        )
        for agent, hours in at.items()
        for hour, number in hours.items()
    ]
