"""Each kind of rule over real facts: what must be told is told once, and nothing else is."""

from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.alerts import (
    ABOVE,
    AT_ONCE,
    BELOW,
    BY_AGENT,
    HOUR,
    INTERVAL,
    Watch,
    at,
    failures,
)
from tests.support.runs import point


async def test_a_threshold_triggers_and_resolves_by_itself(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, 6, 7, 8)))
    await watch.make(start)
    done = await watch.evaluate()
    assert (done.judged, done.triggered, done.resolved, done.remaining) == (1, 1, 1, 0)
    [alert] = await watch.alerts("resolved")
    assert alert.trigger_time.ToDatetime(UTC) == start + 2 * INTERVAL
    assert alert.resolve_time.ToDatetime(UTC) == start + 3 * INTERVAL
    assert (alert.expected, alert.notifications, alert.resolved_by) == (2, 1, "")
    assert await watch.history(alert) == ["pending", "triggered", "notified", "resolved"]
    assert [kind for kind, _ in watch.events()] == ["alert.triggered", "alert.resolved"]
    assert {data["alertId"] for _, data in watch.events()} == {alert.alert_id}


async def test_what_stays_below_is_quiet(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, 6, 7, 12, 13)))
    await watch.make(start)
    done = await watch.evaluate()
    assert (done.judged, done.triggered) == (1, 0)
    assert await watch.alerts("pending", "triggered", "acknowledged", "resolved") == []
    assert watch.events() == []


async def test_windows_are_judged_as_plain_sql_counts_them(watch: Watch, start: datetime) -> None:
    """Every window with more than one failure begins an alert, by an oracle that knows no rules."""
    minutes = [n * n % 170 + 0.5 for n in range(60)]
    await watch.client.record(failures(at(start, *minutes)))
    await watch.make(start, **AT_ONCE, threshold={"comparator": ABOVE, "threshold": 1})
    await watch.evaluate()
    with psycopg.connect(watch.stack.database_url) as connection:
        rows = connection.execute(
            "select date_bin('5 minutes', started_at, 'epoch') + interval '5 minutes'"
            " from shadower.executions where workspace_id = %s and status = 'failed'"
            " group by 1 having count(*) > 1",
            (watch.client.workspace,),
        ).fetchall()
    breached = {end for (end,) in rows}
    began = {end for end in breached if end - INTERVAL not in breached}
    alerts = await watch.alerts("triggered", "resolved")
    assert {one.trigger_time.ToDatetime(UTC) for one in alerts} == began
    assert len(began) > 3


async def test_groups_have_alerts_of_their_own(watch: Watch, start: datetime) -> None:
    for agent, count in {"red": 3, "blue": 3, "calm": 1}.items():
        await watch.client.record(failures(at(start, *range(1, 1 + count)), agent))
    await watch.make(start, **BY_AGENT)
    assert (await watch.evaluate()).triggered == 2
    alerts = await watch.alerts("resolved")
    assert {one.group["agent_id"] for one in alerts} == {"red", "blue"}


async def test_a_group_that_vanishes_has_no_failures_any_more(
    watch: Watch, start: datetime
) -> None:
    await watch.client.record(failures(at(start, 1, 2, 3), "red"))
    await watch.make(start, **BY_AGENT)
    assert (await watch.evaluate()).resolved == 1


@pytest.mark.parametrize("direction", [1, 2, 3])
async def test_a_change_is_told_in_its_direction(
    watch: Watch, start: datetime, direction: int
) -> None:
    """Four failures an hour after one: a rise by 300 %."""
    await watch.client.record(failures(at(start, 1, 61, 62, 63, 64)))
    change = {"reference": 1, "direction": direction, "percent": 300}
    await watch.make(start + HOUR, change=change)
    assert (await watch.evaluate()).triggered == (0 if direction == 2 else 1)


async def test_nothing_is_told_against_nothing(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, 61, 62)))
    await watch.make(start + HOUR, change={"reference": 1, "direction": 1, "percent": 1})
    assert (await watch.evaluate()).triggered == 0


async def test_absence_is_told_of_groups_that_were_there(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180, 2)), "lively"))
    await watch.client.record(failures(at(start, 1), "silent"))
    await watch.make(start, metric="executions", absence={}, **BY_AGENT)
    await watch.evaluate()
    [alert] = await watch.alerts("triggered")
    assert alert.group["agent_id"] == "silent"
    assert alert.trigger_time.ToDatetime(UTC) == start + 2 * INTERVAL


async def test_absence_of_everything(watch: Watch, start: datetime) -> None:
    await watch.make(start, metric="executions", absence={})
    await watch.evaluate()
    [alert] = await watch.alerts()
    assert alert.trigger_time.ToDatetime(UTC) == start + INTERVAL
    assert dict(alert.group) == {}


async def test_points_are_judged_by_their_tags(watch: Watch, start: datetime) -> None:
    deep = [point("depth", 9, time, queue="a") for time in at(start, 1, 2)]
    flat = [point("depth", 1, time, queue="b") for time in at(start, 1, 2)]
    await watch.client.record_points(deep + flat)
    asked = {"aggregation": {"metric_type": "depth", "function": 3}, "group_by_tags": ["queue"]}
    await watch.make(start, **asked, threshold={"comparator": ABOVE, "threshold": 5})
    await watch.evaluate()
    # Nobody knows how deep it is since: the alert stays.
    [alert] = await watch.alerts("triggered")
    assert (alert.value, dict(alert.group)) == (9, {"queue": "a"})


async def test_a_group_that_is_gone_is_below_nothing(watch: Watch, start: datetime) -> None:
    """It counts zero; but nobody is told for ever of an agent that there is no more."""
    await watch.client.record(failures(at(start, 1, 2), "red", "succeeded"))
    below = {"comparator": BELOW, "threshold": 5}
    await watch.make(start, metric="executions", threshold=below, **BY_AGENT)
    await watch.evaluate()
    [alert] = await watch.alerts("resolved")
    assert alert.resolve_time.ToDatetime(UTC) == start + 2 * INTERVAL
    found = (await watch.call("GetAlert", alert_id=alert.alert_id)).history
    assert found[-1].note == "there are no facts of the group any more"
