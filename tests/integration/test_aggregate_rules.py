"""What CalculateAggregates refuses, how it names values, and the limits it withstands."""

import math
from datetime import timedelta
from typing import Any

import pytest
from shadower.aggregates.v1.aggregates_service_pb2 import GapFill
from shadower.aggregates.v1.aggregation_pb2 import Aggregation, Field, Function
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.granularity_pb2 import Granularity

from tests.support import oracle
from tests.support.aggregations import DIMENSIONS, START, WHOLE, aggregation
from tests.support.errors import refused
from tests.support.runs import Client, interval, point

SUM_OF_TOKENS = aggregation("total_tokens", "sum", None)
OF_POINT = aggregation("depth", "sum", None)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "sum of ids": (
        {"aggregations": [aggregation("agent", "sum", None)]},
        "aggregations[0].function",
    ),
    "no percentile": (
        {"aggregations": [aggregation("cost", "percentile", None)]},
        "aggregations[0].percentile",
    ),
    "a percentile of sum": (
        {"aggregations": [aggregation("cost", "sum", 5)]},
        "aggregations[0].percentile",
    ),
    "over 100": (
        {"aggregations": [SUM_OF_TOKENS, aggregation("cost", "percentile", 100.1)]},
        "aggregations[1].percentile",
    ),
    "same names": ({"aggregations": [SUM_OF_TOKENS] * 2}, "aggregations[1].name"),
    "no function": (
        {"aggregations": [Aggregation(field=Field.FIELD_COST)]},
        "aggregations[0].function",
    ),
    "no source": (
        {"aggregations": [Aggregation(function=Function.FUNCTION_SUM)]},
        "aggregations[0].source",
    ),
    "nothing": ({"aggregations": []}, "aggregations"),
    "mixed": ({"aggregations": [SUM_OF_TOKENS, OF_POINT]}, "aggregations"),
    "gaps of nothing": ({"gap_fill": GapFill.GAP_FILL_ZERO}, "gap_fill"),
    "tags of runs": ({"group_by_tags": ["region"]}, "group_by_tags"),
    "filtered tags of runs": ({"filter": Filter(tags=["a=b"])}, "filter.tags"),
    "users of points": (
        {"aggregations": [OF_POINT], "filter": Filter(user_ids=["u"])},
        "filter",
    ),
    "no such zone": ({"time_zone": "Mars/Base"}, "time_zone"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(sparse: Client, case: str) -> None:
    fields, name = REFUSED[case]
    asked = {"aggregations": [SUM_OF_TOKENS], "interval": WHOLE} | fields
    refusal = await refused(sparse.aggregates(**asked))
    assert (refusal.code.name, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
    assert name in refusal.fields


async def test_too_many_rows_are_refused(sparse: Client) -> None:
    """Three agents in 9,999 minutes each."""
    asked = {"aggregations": [SUM_OF_TOKENS], "group_by": [DIMENSIONS["agent_id"]]}
    asked |= {"interval": interval(START, START + timedelta(minutes=9_999))}
    asked |= {"granularity": Granularity.GRANULARITY_MINUTE, "gap_fill": GapFill.GAP_FILL_ZERO}
    refusal = await refused(sparse.aggregates(**asked))
    assert (refusal.code.name, refusal.reason) == ("INVALID_ARGUMENT", "RESULT_TOO_LARGE")


async def test_names(sparse: Client) -> None:
    percents = (95, 99.9, 99.99999)
    asked = [aggregation("duration", "percentile", p) for p in percents]
    asked += [SUM_OF_TOKENS, aggregation("cost", "sum", None, name="spent")]
    answer = await sparse.aggregates(aggregations=asked, interval=WHOLE)
    names = [f"percentile_{p}_duration" for p in percents] + ["sum_total_tokens", "spent"]
    assert [value.name for value in answer.rows[0].values] == names


HUGE = {"sum": (1, 1), "average": (1, 1), "standard_deviation": (-1, 1), "percentile": (-1, 1)}


@pytest.mark.parametrize("function", HUGE)
async def test_huge_points_break_nothing(sparse: Client, function: str) -> None:
    """At the contract's limit of values, and still finite on the way to the answer."""
    await sparse.record_points([point("huge", 1e100 * sign, START) for sign in HUGE[function]])
    percent = 40 if function == "percentile" else None
    asked = [aggregation("huge", function, percent)]
    answer = await sparse.aggregates(aggregations=asked, interval=WHOLE)
    assert math.isfinite(oracle.number(answer.rows[0].values[0].value) or 0)
