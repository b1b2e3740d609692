"""Each kind of rule on recorded real data, beside a second reading of what the data show.

The runs of 23 September 2025 and an hour of requests, moved to the day before now: so that the same
facts are both previewed and judged.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.support.alerts import ABOVE, HOUR, MINUTE, Watch, rule
from tests.support.keys import KeyRing
from tests.support.runs import DATA, Row, agent_runs, distinct, llm_requests
from tests.support.stack import Stack

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the recorded data are not there")

DAY_OF_RUNS, LAST_HOUR = date(2025, 9, 23), datetime(2025, 9, 23, 21, tzinfo=UTC)
LENGTH = 21 * HOUR
AGENTS, REQUESTS = "droid", "llm"
Holds = Callable[[Sequence[float | None], int], bool | None]


@dataclass(frozen=True)
class Past:
    """Real facts, moved, and from when to when they are."""

    watch: Watch
    rows: Sequence[Row]
    start: datetime
    end: datetime

    def values(self, case: "Case") -> list[float | None]:
        """Of successive windows from a day before the start, as its metric has them."""
        found, first = defaultdict[int, list[Row]](list), self.start - 24 * HOUR
        for row in self.rows:
            if row["agent_id"] == case.agent:
                found[(row["start_time"] - first) // case.window].append(row)
        count = (self.end - first) // case.window
        return [METRICS[case.metric](found.get(number, [])) for number in range(count)]

    def began(self, case: "Case") -> list[datetime]:
        """When what was not the case before is the case: at the ends of windows."""
        values, found, is_open = self.values(case), [], False
        before = 24 * HOUR // case.window
        for number in range(before, len(values)):
            holds = case.holds(values, number)
            if holds and not is_open:
                found.append(self.start + (number + 1 - before) * case.window)
            is_open = is_open if holds is None else holds
        return found


def count(rows: Sequence[Row]) -> float:
    return float(len(rows))


def count_failed(rows: Sequence[Row]) -> float:
    return float(sum(row["status"] == "failed" for row in rows))


def average_seconds(rows: Sequence[Row]) -> float | None:
    seconds = [(row["end_time"] - row["start_time"]).total_seconds() for row in rows]
    return float(np.mean(seconds)) if seconds else None


METRICS: Mapping[str, Callable[[Sequence[Row]], float | None]] = {
    "executions": count,
    "failed": count_failed,
    "duration_avg": average_seconds,
}


@dataclass(frozen=True)
class Case:
    """A rule, and what its condition means."""

    metric: str
    window: timedelta
    said: Mapping[str, Any]
    holds: Holds
    is_quiet: bool = False
    agent: str = AGENTS

    @property
    def rule(self) -> dict[str, Any]:
        seconds = {"seconds": int(self.window.total_seconds())}
        usual = {"metric": self.metric, "evaluation_interval": seconds, "cooldown": {"seconds": 0}}
        return usual | {"filter": {"agent_ids": [self.agent]}} | dict(self.said)


def above(limit: float) -> Holds:
    return lambda values, number: (values[number] or 0) > limit


def rises(factor: float, apart: int) -> Holds:
    def holds(values: Sequence[float | None], number: int) -> bool | None:
        now, before = values[number] or 0, values[number - apart] or 0
        return now >= factor * before if before else None

    return holds


def is_empty(values: Sequence[float | None], number: int) -> bool:
    return not values[number]


def stands_out(sensitivity: float) -> Holds:
    """By the day before: there are no earlier weeks."""

    def holds(values: Sequence[float | None], number: int) -> bool | None:
        of_day = 24 * HOUR // (15 * MINUTE)
        known = [value for value in values[number - of_day : number] if value is not None]
        value = values[number]
        if value is None or len(known) < 10:
            return None
        spread = max(np.std(known, ddof=1), 0.05 * np.mean(known))
        return bool(value - np.mean(known) > sensitivity * spread)

    return holds


def grows(values: Sequence[float | None], number: int) -> bool:
    last = [value or 0 for value in values[number - 2 : number + 1]]
    return all(b >= a for a, b in pairwise(last)) and last[2] > last[0] and last[2] >= 1.5 * last[0]


def spikes(values: Sequence[float | None], number: int) -> bool:
    *before, last = [value or 0 for value in values[number - 5 : number + 1]]
    return last > 2 * sum(before) / 5 > 0


def is_level(values: Sequence[float | None], number: int) -> bool | None:
    last = values[number - 5 : number + 1]
    return None if last[-1] is None or last.count(None) > 3 else len({*last} - {None}) == 1


TEN, QUARTER, FIVE = 10 * MINUTE, 15 * MINUTE, 5 * MINUTE
RISE = {"reference": 1, "direction": 1}
CASES = {
    "threshold": Case(
        "failed", HOUR, {"threshold": {"comparator": ABOVE, "threshold": 9}}, above(9)
    ),
    "threshold-quiet": Case(
        "failed",
        HOUR,
        {"threshold": {"comparator": ABOVE, "threshold": 15}},
        above(15),
        is_quiet=True,
    ),
    "change": Case("executions", HOUR, {"change": RISE | {"percent": 60}}, rises(1.6, 1)),
    "change-quiet": Case(
        "executions", HOUR, {"change": RISE | {"percent": 900}}, rises(10, 1), is_quiet=True
    ),
    "absence": Case("executions", HOUR, {"absence": {}}, is_empty),
    "absence-quiet": Case("executions", 3 * HOUR, {"absence": {}}, is_empty, is_quiet=True),
    "anomaly": Case("duration_avg", QUARTER, {"anomaly": {"direction": 1}}, stands_out(2.5)),
    "anomaly-quiet": Case(
        "duration_avg",
        QUARTER,
        {"anomaly": {"direction": 1, "sensitivity": 5}},
        stands_out(5),
        is_quiet=True,
    ),
    "errors-increase": Case("failed", TEN, {"pattern": {"shape": 1}}, grows),
    "flat-quiet": Case("duration_avg", FIVE, {"pattern": {"shape": 4}}, is_level, is_quiet=True),
    "spike": Case("executions", FIVE, {"pattern": {"shape": 3}}, spikes, agent=REQUESTS),
    "requests-end": Case("executions", MINUTE, {"absence": {}}, is_empty, agent=REQUESTS),
}


@pytest.fixture(scope="module")
async def past(stack: Stack, keys: KeyRing) -> Past:
    watch = Watch.of_new_workspace(stack, keys)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    end = now - HOUR
    runs = [one for one in distinct(agent_runs()) if one["start_time"].date() == DAY_OF_RUNS]
    # The requests are of 18:15 to 19:15; here they end an hour before the runs do.
    requests = llm_requests()
    rows = moved(runs, end - LAST_HOUR) + moved(
        requests, end - datetime(2023, 11, 16, 20, tzinfo=UTC)
    )
    await watch.client.record(rows)
    return Past(watch, rows, end - LENGTH, end)


def moved(rows: Sequence[Row], by: timedelta) -> list[Row]:
    def at(row: Row, name: str) -> datetime | None:
        return row[name] + by if row[name] else None

    return [
        row | {"start_time": at(row, "start_time"), "end_time": at(row, "end_time")} for row in rows
    ]


def triggered(alerts: Sequence[Any], past: Past) -> list[datetime]:
    times = sorted(one.trigger_time.ToDatetime(UTC) for one in alerts)
    return [time for time in times if time <= past.end]


@pytest.mark.parametrize("name", CASES)
async def test_a_preview_finds_what_the_data_show(past: Past, name: str) -> None:
    case = CASES[name]
    start = past.start if case.window > MINUTE else past.end - 3 * HOUR
    asked = {"rule": rule(**case.rule), "interval": {"start_time": start, "end_time": past.end}}
    foreseen = await past.watch.call("PreviewRule", **asked)
    expected = [time for time in past.began(case) if time > start]
    if case.window == MINUTE:
        # None of the rest is about the requests: they had not begun, and that was told at once.
        expected = [start + MINUTE, *expected]
    assert triggered(foreseen.alerts, past) == expected
    assert (expected == []) is case.is_quiet


async def test_judging_finds_what_the_data_show(past: Past) -> None:
    judged = {name: case for name, case in CASES.items() if case.window > MINUTE}
    for name, case in judged.items():
        await past.watch.make(past.start, name, **case.rule)
    done = await past.watch.evaluate()
    assert (done.judged, done.failed) == (len(judged), 0)
    found = await past.watch.alerts("triggered", "resolved", page_size=500)
    for name, case in judged.items():
        times = triggered([one for one in found if one.rule_id == name], past)
        assert (name, times) == (name, past.began(case))
