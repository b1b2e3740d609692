"""Made-up runs of forty days, and checks of statistics that summaries and agents share."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from shadower.common.v1.statistics_pb2 import Comparison, Direction, DurationStatistics

from tests.support import exactness, oracle, statistics_oracle
from tests.support.runs import Row, generated_runs, interval, run

ZONE = "Europe/Berlin"
START, END = datetime(2025, 3, 27, 18, 30, tzinfo=UTC), datetime(2025, 4, 2, 5, 0, 1, tzinfo=UTC)
BEFORE = START - (END - START)
WHOLE = interval(START, END)


def check_durations(found: DurationStatistics, rows: list[Row]) -> None:
    """Equal, but for percentiles, and the last digit of the deviation, which is rounded on its
    way."""
    expected = exactness.durations(found, rows)
    deviations = [one.standard_deviation.ToNanoseconds() for one in (found, expected)]
    assert abs(deviations[0] - deviations[1]) <= 1
    if expected.HasField("standard_deviation"):
        found.standard_deviation.CopyFrom(expected.standard_deviation)
    assert found == expected


def check_statistics(found: Any, rows: list[Row]) -> None:
    assert found.executions == statistics_oracle.counts(rows)
    assert optional(found, "success_rate") == oracle.success_rate(rows)
    check_durations(found.duration, rows)
    assert found.tokens == statistics_oracle.tokens(rows)
    assert found.cost == statistics_oracle.costs(rows)


def optional(message: Any, field: str) -> Any:
    return getattr(message, field) if message.HasField(field) else None


def check_comparison(found: Comparison, now: list[Row], before: list[Row]) -> None:
    current, baseline = oracle.number(found.current), oracle.number(found.baseline)
    assert current == right_value(found.metric, now)
    assert baseline == (right_value(found.metric, before) if before else None)
    if None in (current, baseline):
        assert not found.HasField("change")
        assert optional(found, "change_ratio") is None
        assert found.direction == Direction.DIRECTION_UNSPECIFIED
        return
    change = current - baseline
    assert oracle.number(found.change) == change
    ratio = pytest.approx(float(change) / abs(float(baseline)), rel=1e-12) if baseline else None
    assert optional(found, "change_ratio") == ratio
    sign = (change > 0) - (change < 0)
    assert Direction.Name(found.direction) == f"DIRECTION_{['FLAT', 'UP', 'DOWN'][sign]}"


def right_value(metric: str, rows: list[Row]) -> Any:
    return exactness.metric(metric, oracle.metric(metric, rows))


def check_comparisons(
    found: Sequence[Comparison], names: Sequence[str], now: list[Row], before: list[Row]
) -> None:
    assert [one.metric for one in found] == list(names)
    for one in found:
        check_comparison(one, now, before)


def users(rows: list[Row], days: int | None = None) -> int:
    start = END - timedelta(days=days) if days else START
    return len({row["user_id"] for row in oracle.within(rows, start, END)} - {None})


def latest_name(rows: list[Row], agent: str) -> str:
    named = [r for r in rows if r["agent_id"] == agent and r["agent_name"] is not None]
    latest = max(named, key=lambda r: (r["start_time"], r["execution_id"]), default=None)
    return latest["agent_name"] if latest else ""


def forty_days_of_runs() -> list[Row]:
    """Of forty days, the previous period and the interval among them."""
    first = END - timedelta(days=40)
    some = generated_runs(Random(5), 900, first, timedelta(days=41))
    edges = [run("edge-0", START, agent_id="agent-a"), run("edge-1", END, agent_id="agent-a")]
    idle = run("idle", first, agent_id="agent-idle", agent_name="Idle")
    new = run("new", START, agent_id="agent-new", status="running")
    return [*some, *edges, idle, new]


def assert_most_first(counted: Sequence[Any]) -> None:
    numbers = [one.executions for one in counted]
    assert numbers == sorted(numbers, reverse=True)
