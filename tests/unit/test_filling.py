"""Gap filling against tables worked out by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.aggregates.filling import GapFill, fill
from services.runtime.faults import InvalidArgument
from services.warehouse.queries.aggregation import AggregateQuery, Aggregation, Function
from services.warehouse.queries.buckets import Granularity, cut
from services.warehouse.queries.grouped import GroupedRow
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection

START = datetime(2026, 1, 1, tzinfo=UTC)


def query(hours: int, dimensions: tuple[str, ...] = ()) -> AggregateQuery:
    interval = Interval(START, START + timedelta(hours=hours))
    return AggregateQuery(
        aggregations=(
            Aggregation(Function.COUNT, field="execution"),
            Aggregation(Function.SUM, field="cost"),
        ),
        selection=Selection(interval),
        dimensions=dimensions,
        buckets=cut(interval, Granularity.HOUR, ZoneInfo("UTC")),
    )


def row(bucket: int, count: int, cost: str | None, group: str = "") -> GroupedRow:
    key = (group, bucket) if group else (bucket,)
    labels = {"agent_id": group} if group else {}
    return GroupedRow(key, labels, bucket, (count, None if cost is None else Decimal(cost)))


ROWS = [row(2, 3, "1.5"), row(5, 1, "4.5")]

X, Y = Decimal("1.5"), Decimal("4.5")
TABLE = {
    GapFill.NONE: [(3, X), (1, Y)],
    GapFill.EMPTY: [(0, None), (3, X), (0, None), (0, None), (1, Y), (0, None)],
    GapFill.ZERO: [(0, 0), (3, X), (0, 0), (0, 0), (1, Y), (0, 0)],
    GapFill.PREVIOUS: [(None, None), (3, X), (3, X), (3, X), (1, Y), (1, Y)],
    GapFill.LINEAR: [(None, None), (3, X), (7 / 3, 2.5), (5 / 3, 3.5), (1, Y), (None, None)],
}


@pytest.mark.parametrize("choice", list(GapFill))
def test_each_choice_fills_by_its_table(choice: GapFill) -> None:
    filled = fill(ROWS, query(6), choice)
    assert [row.values for row in filled] == [pytest.approx(values) for values in TABLE[choice]]


def test_a_value_that_is_unknown_where_facts_are_stays_unknown() -> None:
    rows = [row(1, 1, "2"), row(2, 1, None), row(3, 1, "4")]
    filled = fill(rows, query(3), GapFill.LINEAR)
    assert [row.values[1] for row in filled] == [Decimal(2), None, Decimal(4)]
    assert not any(row.filled for row in filled)


def test_groups_are_filled_apart() -> None:
    rows = [row(1, 1, "1", "a"), row(2, 1, "2", "b")]
    filled = fill(rows, query(2, ("agent_id",)), GapFill.PREVIOUS)
    assert [(r.labels["agent_id"], r.bucket, r.values[0], r.filled) for r in filled] == [
        ("a", 1, 1, False),
        ("a", 2, 1, True),
        ("b", 1, None, True),
        ("b", 2, 1, False),
    ]


def test_without_groups_an_empty_interval_is_filled_too() -> None:
    filled = fill([], query(2), GapFill.EMPTY)
    assert [row.values for row in filled] == [(0, None), (0, None)]


def test_with_groups_an_empty_interval_has_no_group_to_fill() -> None:
    assert fill([], query(2, ("agent_id",)), GapFill.EMPTY) == []


def test_filling_may_not_exceed_the_answer() -> None:
    rows = [row(1, 1, "1", f"agent-{number:02}") for number in range(20)]
    with pytest.raises(InvalidArgument) as refused:
        fill(rows, query(600, ("agent_id",)), GapFill.EMPTY)
    assert refused.value.reason == "RESULT_TOO_LARGE"
