"""Baselines, shapes and the steps of alerts, beside second implementations of what they promise."""

import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.conditions import Verdict, judge, windows_at
from services.alerts.observations import EVERYTHING, Observations
from services.alerts.rule import Rule, Shape
from services.alerts.rules import read, rule_of, write
from services.alerts.running import Run, moments_between
from services.alerts.shapes import makes
from services.alerts.stepping import Moment, began, step
from services.warehouse.alerts.alerts import Alert
from services.warehouse.queries.interval import Interval
from tests.support.alerts import INTERVAL, MINUTE, rule

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = UUID(int=1)
WHOLE = st.integers(-1000, 1000).map(float)
HOLDS, ENDS, UNKNOWN = Verdict(holds=True, value=3), Verdict(holds=False, value=1), Verdict(None)


@given(st.lists(WHOLE, max_size=12))
def test_shapes(values: list[float]) -> None:
    answers = {shape: makes(shape, values) for shape in Shape}
    if len(values) < 3:
        assert set(answers.values()) == {None}
        return
    *before, last = values
    mean = statistics.mean(map(Fraction, before))
    assert answers[Shape.SPIKE] is (mean > 0 and last > 2 * mean)
    assert answers[Shape.FLAT_LINE] is (len(set(values)) == 1)
    is_rising = values == sorted(values) and last > values[0] and 2 * last >= 3 * values[0]
    assert answers[Shape.INCREASING_ERRORS] is is_rising
    assert answers[Shape.DECREASING_PERFORMANCE] is is_rising


def judged(message: AlertRule, values: Sequence[float | None], *, counts: bool = True) -> Any:
    """The verdict about the last of successive five minutes."""
    asked, end = rule_of("r", message), START + len(values) * INTERVAL
    seen = Observations(counts, is_grouped=False)
    for number, value in enumerate(values):
        if value is not None:
            window = Interval(START + number * INTERVAL, START + (number + 1) * INTERVAL)
            seen.add(window, {}, value)
    return judge(asked, seen, end, ())[EVERYTHING]


ANOMALY = rule(anomaly={"direction": 3})
WAVE = [100.0 + 10 * (number % 5) for number in range(288)]


@pytest.mark.parametrize(("value", "holds"), [(120, False), (200, True), (0, True)])
def test_an_incident_stands_out_of_a_day(value: float, holds: bool) -> None:
    assert judged(ANOMALY, [*WAVE, value]).holds is holds


def test_of_too_few_points_nothing_is_told() -> None:
    assert judged(ANOMALY, [5.0] * 9 + [1000.0], counts=False).holds is None


def test_a_weekly_peak_is_usual() -> None:
    """Eight Mondays have had it; the day before has not."""
    asked = rule_of("r", ANOMALY)
    seen = Observations(counts=True, is_grouped=False)
    for number, window in enumerate(windows_at(asked, START)):
        is_monday = START - window.end < INTERVAL or START - window.end > timedelta(days=2)
        seen.add(window, {}, (500.0 if is_monday else 10.0) + number % 7)
    assert judge(asked, seen, START, ())[EVERYTHING].holds is False


def test_what_is_kept_says_what_was_said() -> None:
    for message in (rule(), ANOMALY, rule(threshold={"comparator": 4, "threshold": 0.1 + 0.2})):
        assert read(write(message)) == message


RULE = rule_of("r", rule(cooldown={"seconds": 0}))


def begin(asked: Rule) -> Alert:
    return began(asked, ID, "key", {}, START)


def after(asked: Rule, *verdicts: Verdict, **more: Any) -> tuple[Alert | None, list[str]]:
    """The alert after judgements at each interval, and what happened."""
    alert, changes = None, []
    for number, verdict in enumerate(verdicts):
        moment = Moment(START + number * asked.interval, **more)
        taken = step(asked, alert, verdict, moment, lambda: begin(asked))
        alert = taken.alert
        changes += [one.change for one in taken.transitions]
    return alert, changes


def test_a_pending_alert_that_is_interrupted_is_gone() -> None:
    asked = replace(RULE, for_duration=3 * INTERVAL)
    for between in (ENDS, UNKNOWN):
        alert, changes = after(asked, HOLDS, HOLDS, between)
        assert (alert, changes) == (None, ["pending"])
    alert, changes = after(asked, HOLDS, HOLDS, HOLDS, HOLDS)
    assert alert is not None
    assert (alert.state, changes) == ("triggered", ["pending", "triggered", "notified"])


def test_it_is_told_again_until_its_limit() -> None:
    asked = replace(RULE, renotify_interval=2 * INTERVAL, renotify_limit=2)
    alert, changes = after(asked, *[HOLDS] * 20)
    assert changes.count("notified") == 3
    assert alert is not None
    assert alert.notified_at == START + 4 * INTERVAL


def test_levels_of_escalation_are_reached_once_each() -> None:
    levels = [{"delay": {"seconds": s}, "recipients": [f"p-{s}"]} for s in (600, 1200)]
    asked = rule_of("r", rule(escalation=levels))
    alert, changes = after(asked, *[HOLDS] * 9)
    assert changes == ["pending", "triggered", "notified", "escalated", "escalated"]
    assert alert is not None
    assert alert.escalation_level == 2


@pytest.mark.parametrize("state", ["acknowledged", "silenced"])
def test_what_is_taken_care_of_or_silenced_is_not_told(state: str) -> None:
    asked = replace(RULE, renotify_interval=INTERVAL)
    alert, _ = after(asked, HOLDS, is_silenced=state == "silenced")
    assert alert is not None
    if state == "acknowledged":
        alert = replace(alert, state="acknowledged")
    moment = Moment(START + 5 * INTERVAL, is_silenced=state == "silenced")
    taken = step(asked, alert, HOLDS, moment, lambda: begin(asked))
    assert taken.transitions == ()


def test_an_alert_of_which_nothing_is_known_ends_after_a_day() -> None:
    alert, changes = after(RULE, HOLDS, *[UNKNOWN] * 287)
    assert alert is not None
    assert alert.state == "triggered"
    alert, changes = after(RULE, HOLDS, *[UNKNOWN] * 288)
    assert changes[-1] == "resolved"


def test_no_moment_is_judged_twice() -> None:
    moment = Moment(START)
    first = step(RULE, None, HOLDS, moment, lambda: begin(RULE))
    again = step(RULE, first.alert, ENDS, moment, lambda: begin(RULE))
    assert (again.alert, again.transitions) == (first.alert, ())
    over = Moment(START, ended_at=START)
    assert step(RULE, None, HOLDS, over, lambda: begin(RULE)).alert is None


@given(
    st.lists(st.sampled_from([0.0, 1.0, 3.0, 9.0]), max_size=40),
    st.integers(0, 3),
    st.integers(0, 4),
)
def test_runs_are_the_same_in_one_go_and_in_steps(
    values: list[float], hold: int, cool: int
) -> None:
    """However many moments are judged at once, the same alerts come of them."""
    asked = replace(RULE, for_duration=hold * INTERVAL, cooldown=cool * INTERVAL)
    seen = Observations(counts=True, is_grouped=False)
    for number, value in enumerate(values):
        window = Interval(START + number * INTERVAL, START + (number + 1) * INTERVAL)
        seen.add(window, {}, value)
    moments = list(moments_between(asked, START, START + len(values) * INTERVAL))
    whole, steps = Run(asked, new_id=lambda: ID), Run(asked, new_id=lambda: ID)
    whole.judge(asked, seen, moments)
    for moment in moments:
        steps.judge(asked, seen, [moment])
    assert whole.closed == steps.closed
    assert whole.open == steps.open
    alerts = [*whole.closed, *whole.open.values()]
    triggered = [one.triggered_at for one in alerts if one.triggered_at]
    assert triggered == _expected(values, hold, cool)


def _expected(values: list[float], hold: int, cool: int) -> list[datetime]:
    """When alerts are triggered, by counting windows in a row."""
    found, row, quiet_until, is_open = [], 0, -(10**9), False
    for number, value in enumerate(values, start=1):
        row = row + 1 if value > 2 else 0
        if is_open and not row:
            is_open, quiet_until = False, number + cool
        elif not is_open and row > hold and number >= quiet_until:
            is_open = True
            found.append(START + number * INTERVAL)
    return found


def test_moments_are_multiples_of_the_interval() -> None:
    asked = replace(RULE, interval=7 * MINUTE)
    found = list(moments_between(asked, START, START + timedelta(hours=1)))
    assert found[0] > START
    assert all(one.timestamp() % 420 == 0 for one in found)
    assert len(found) in (8, 9)
