"""Gap filling of CalculateAggregates: what is made up, of which kind, and how it is marked."""

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from shadower.aggregates.v1.aggregates_service_pb2 import GapFill
from shadower.common.v1.granularity_pb2 import Granularity

from tests.support import oracle
from tests.support.aggregations import DIMENSIONS, HOURS, START, WHOLE, aggregation, sparse_runs
from tests.support.runs import Client, Row, interval, time_of

GAPPED = [("execution", "count", None), ("cost", "sum", None), ("total_tokens", "average", None)]
GAPPED += [
    ("duration", "percentile", 75),
    ("user", "distinct", None),
    ("total_tokens", "sum", None),
]
CHOICES = ("EMPTY", "ZERO", "PREVIOUS", "LINEAR")


async def filled(client: Client, choice: str) -> dict[str, list[Any]]:
    answer = await client.aggregates(
        aggregations=[aggregation(*one) for one in GAPPED],
        group_by=[DIMENSIONS["agent_id"]],
        interval=WHOLE,
        granularity=Granularity.GRANULARITY_HOUR,
        gap_fill=GapFill.Value(f"GAP_FILL_{choice}"),
    )
    rows = {agent: [r for r in answer.rows if r.labels["agent_id"] == agent] for agent in "abc"}
    for group in rows.values():
        assert [time_of(row.bucket.start_time) for row in group] == HOURS
    assert len(answer.rows) == 3 * len(HOURS)
    return rows


def value(asked: tuple[str, str, float | None], rows: list[Row]) -> Any:
    field, function, percent = asked
    return oracle.calculate(function, oracle.known(rows, field), percent or 0)


def columns() -> Iterable[tuple[str, int, str, list[Any], list[bool]]]:
    """For each agent and aggregation: its values without filling, and where there are facts."""
    groups = oracle.grouped(
        sparse_runs(), lambda r: (r["agent_id"], r["start_time"].replace(minute=0))
    )
    for agent, (position, one) in product("abc", enumerate(GAPPED)):
        has_facts = [(agent, hour) in groups for hour in HOURS]
        facts = [
            value(one, groups[agent, hour]) if (agent, hour) in groups else None for hour in HOURS
        ]
        yield agent, position, one[1], facts, has_facts


def expected_fill(choice: str, column: list[Any], index: int, is_count: bool) -> Any:
    before = [n for n in range(index) if column[n] is not None]
    after = [n for n in range(index + 1, len(column)) if column[n] is not None]
    if choice in ("ZERO", "EMPTY"):
        return 0 if choice == "ZERO" or is_count else None
    if choice == "PREVIOUS":
        return column[before[-1]] if before else None
    if not before or not after:
        return None
    (left, low), (right, high) = ((n, Fraction(column[n])) for n in (before[-1], after[0]))
    return float((low * (right - index) + high * (index - left)) / (right - left))


@pytest.mark.parametrize("choice", CHOICES)
async def test_gaps(sparse: Client, choice: str) -> None:
    found = await filled(sparse, choice)
    for agent, position, function, column, has_facts in columns():
        is_count = function in ("count", "distinct")
        for index, row in enumerate(found[agent]):
            value = oracle.number(row.values[position].value)
            expected = expected_fill(choice, column, index, is_count)
            expected = column[index] if has_facts[index] else expected
            assert (value is None) == (expected is None)
            assert float(value or 0) == pytest.approx(float(expected or 0), rel=1e-12)


@pytest.mark.parametrize("choice", CHOICES)
async def test_what_was_made_up_is_marked(sparse: Client, choice: str) -> None:
    """Absent values and those of facts were not made up."""
    found = await filled(sparse, choice)
    for agent, position, _, _, has_facts in columns():
        marks = [row.values[position].filled for row in found[agent]]
        is_known = [row.values[position].HasField("value") for row in found[agent]]
        assert marks == [
            known and not facts for known, facts in zip(is_known, has_facts, strict=True)
        ]


@pytest.mark.parametrize("choice", ["ZERO", "PREVIOUS"])
async def test_filling_keeps_the_kind(sparse: Client, choice: str) -> None:
    found = await filled(sparse, choice)
    for agent, position, _, column, _ in columns():
        kinds = {row.values[position].value.WhichOneof("kind") for row in found[agent]} - {None}
        assert len(kinds) == 1 or not any(column)


async def test_empty_is_not_zero(sparse: Client) -> None:
    early = interval(START - timedelta(days=2), START - timedelta(days=1))
    answer = await sparse.aggregates(aggregations=[aggregation(*o) for o in GAPPED], interval=early)
    assert [oracle.number(v.value) for v in answer.rows[0].values] == [0, None, None, None, 0, None]
