"""Rules are judged over real facts: what must be told is told once, and nothing else is."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.warehouse.database import Database
from tests.support.alerts import (
    ABOVE,
    BELOW,
    INTERVAL,
    MINUTE,
    RULE_ID,
    Watch,
    failures,
    five_minutes,
    rule,
)
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import Client, point
from tests.support.stack import Stack

HOUR = timedelta(hours=1)
AT_ONCE: dict[str, Any] = {"cooldown": {"seconds": 0}}
BY_AGENT: dict[str, Any] = {"group_by": [1]}
LONG = {"seconds": 600}


@pytest.fixture
def watch(stack: Stack, keys: KeyRing) -> Watch:
    return Watch.of_new_workspace(stack, keys)


@pytest.fixture
def start() -> datetime:
    """Three hours ago, at a moment of judgement."""
    return five_minutes(datetime.now(UTC)) - 3 * HOUR


def at(start: datetime, *minutes: float) -> list[datetime]:
    return [start + minute * MINUTE for minute in minutes]


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


async def test_it_must_hold_for_a_while(watch: Watch, start: datetime) -> None:
    short, long = at(start, 1, 2, 3), at(start, *(60 + n + 0.5 for n in range(25)))
    await watch.client.record(failures([*short, *long]))
    await watch.make(start, for_duration=LONG)
    await watch.evaluate()
    [alert] = await watch.alerts("resolved")
    assert alert.pending_time.ToDatetime(UTC) == start + 65 * MINUTE
    assert alert.trigger_time.ToDatetime(UTC) == start + 75 * MINUTE


async def test_cooldown_puts_off_and_hides_nothing(watch: Watch, start: datetime) -> None:
    """The second breach is within the hour of the first one's end, the third outlasts it."""
    third = [60 + n + 0.5 for n in range(30)]
    times = at(start, 1, 2, 3, 31, 32, 33, *third)
    await watch.client.record(failures(times))
    await watch.make(start)
    await watch.evaluate()
    alerts = await watch.alerts("resolved")
    triggered = sorted(one.trigger_time.ToDatetime(UTC) for one in alerts)
    assert triggered == [start + INTERVAL, start + 70 * MINUTE]


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


async def test_late_facts_are_not_missed(watch: Watch, start: datetime) -> None:
    """They come when their window has been judged already, and are told once."""
    now = start + 3 * HOUR
    await watch.make(now - HOUR)
    assert (await watch.evaluate()).triggered == 0
    await watch.client.record(failures(at(now, -22, -23, -24)))
    watch_from = now - 10 * MINUTE
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.alert_rules set judged_until = %s, due_at = now()"
            " where workspace_id = %s",
            (watch_from, watch.client.workspace),
        )
    assert (await watch.evaluate()).triggered == 1
    watch.make_due()
    assert (await watch.evaluate()).triggered == 0
    [alert] = await watch.alerts("resolved")
    assert alert.trigger_time.ToDatetime(UTC) == now - 20 * MINUTE


async def test_a_window_waits_for_its_facts(watch: Watch) -> None:
    """Of the last five minutes nothing may be missing yet, for a rule that allows for a delay."""
    now = datetime.now(UTC)
    await watch.client.record(failures([now - MINUTE]))
    delayed = {"data_delay": {"seconds": 3600}}
    await watch.make(five_minutes(now) - 5 * MINUTE, metric="executions", absence={}, **delayed)
    done = await watch.evaluate()
    assert (done.judged, done.incomplete, done.triggered) == (0, 1, 0)


async def test_many_evaluators_double_nothing(watch: Watch, start: datetime) -> None:
    for number in range(12):
        await watch.make(start, f"rule-{number}", **BY_AGENT)
    for agent in ("red", "blue"):
        await watch.client.record(failures(at(start, 1, 2, 3), agent))
    done = await asyncio.gather(*(watch.evaluate() for _ in range(6)))
    assert sum(one.judged for one in done) == 12
    assert sum(one.triggered for one in done) == 24
    alerts = await watch.alerts("resolved", page_size=100)
    assert len({(one.rule_id, one.group["agent_id"]) for one in alerts}) == len(alerts) == 24
    assert len(watch.events()) == 48


async def test_who_comes_too_late_changes_nothing(
    watch: Watch, start: datetime, shared_database: Database
) -> None:
    """Two who read the same facts, though a claim has run out: the second finds it judged."""
    await watch.client.record(failures(at(start, 1, 2, 3)))
    await watch.make(start)
    evaluators = [watch.evaluate() for _ in range(2)]
    first = asyncio.gather(*evaluators)
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        for _ in range(200):
            connection.execute(
                "update shadower.alert_rules set claimed_until = '-infinity'"
                " where workspace_id = %s and claimed_until > now()",
                (watch.client.workspace,),
            )
            await asyncio.sleep(0)
    assert sum(one.triggered for one in await first) == 1
    assert len(await watch.alerts("resolved")) == 1


async def test_people_take_care_of_alerts(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    await watch.make(start)
    await watch.evaluate()
    [alert] = await watch.alerts()
    for _ in range(2):
        known = (await watch.call("AcknowledgeAlert", alert_id=alert.alert_id, note="mine")).alert
        assert (known.state, known.acknowledged_by) == (3, "tester")
    for _ in range(2):
        over = (await watch.call("ResolveAlert", alert_id=alert.alert_id)).alert
        assert (over.state, over.resolved_by) == (4, "tester")
    assert await watch.alerts() == []
    expected = ["pending", "triggered", "notified", "acknowledged", "resolved"]
    assert await watch.history(alert) == expected
    kinds = [kind for kind, _ in watch.events()]
    assert kinds == ["alert.triggered", "alert.acknowledged", "alert.resolved"]


async def test_silences_keep_quiet_until_they_end(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180)), "red"))
    await watch.client.record(failures(at(start, *range(1, 180)), "blue"))
    now = datetime.now(UTC)
    quiet = {"silence_id": "move", "group": {"agent_id": "red"}}
    quiet |= {"start_time": now - HOUR, "end_time": now + HOUR}
    for _ in range(2):
        await watch.call("CreateSilence", **quiet)
    found = await refused(watch.call("CreateSilence", **(quiet | {"reason": "another"})))
    assert (found.code.name, found.reason) == ("ALREADY_EXISTS", "SILENCE_EXISTS")
    await watch.make(start, **BY_AGENT)
    await watch.evaluate()
    told = {one.group["agent_id"]: one.notifications for one in await watch.alerts()}
    assert told == {"red": 0, "blue": 1}
    assert [one.silence_id for one in (await watch.call("ListSilences")).silences] == ["move"]
    await watch.call("DeleteSilence", silence_id="move")
    last = five_minutes(datetime.now(UTC))
    _set_judged(watch, last - INTERVAL)
    await watch.evaluate()
    told = {one.group["agent_id"]: one.notifications for one in await watch.alerts()}
    assert told == {"red": 1, "blue": 1}


def _set_judged(watch: Watch, until: datetime) -> None:
    """As if the rule, and its alerts, had last been judged then."""
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        for table, column in (("alert_rules", "judged_until"), ("alerts", "judged_at")):
            connection.execute(
                f"update shadower.{table} set {column} = %s where workspace_id = %s",
                (until, watch.client.workspace),
            )
    watch.make_due()


async def test_rules_are_kept_against_lost_updates(watch: Watch) -> None:
    made = (await watch.call("CreateRule", rule_id=RULE_ID, rule=rule())).rule
    assert made.rule == rule()
    again = (await watch.call("CreateRule", rule_id=RULE_ID, rule=rule())).rule
    assert again.etag == made.etag
    other = rule(name="Runs fail often")
    found = await refused(watch.call("CreateRule", rule_id=RULE_ID, rule=other))
    assert (found.code.name, found.reason) == ("ALREADY_EXISTS", "ALERT_RULE_EXISTS")
    changed = (await watch.call("UpdateRule", rule_id=RULE_ID, rule=other, etag=made.etag)).rule
    assert (changed.rule, changed.etag != made.etag) == (other, True)
    third = rule(name="Runs fail again")
    found = await refused(watch.call("UpdateRule", rule_id=RULE_ID, rule=third, etag=made.etag))
    assert (found.reason, found.metadata["etag"]) == ("ALERT_RULE_CHANGED", changed.etag)
    assert (await watch.call("GetRule", rule_id=RULE_ID)).rule == changed
    await watch.call("DeleteRule", rule_id=RULE_ID)
    await watch.call("DeleteRule", rule_id=RULE_ID)
    found = await refused(watch.call("GetRule", rule_id=RULE_ID))
    assert (found.code.name, found.reason) == ("NOT_FOUND", "ALERT_RULE_NOT_FOUND")


async def test_rules_and_alerts_come_in_pages(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    for number in range(5):
        await watch.make(start, f"rule-{number}")
    await watch.evaluate()
    for rpc, items in (("ListRules", "rules"), ("ListAlerts", "alerts")):
        token, seen = "", []
        while True:
            page = await watch.call(rpc, page_size=2, page_token=token)
            seen += [one.rule_id for one in getattr(page, items)]
            if not (token := page.next_page_token):
                break
        assert sorted(seen) == [f"rule-{number}" for number in range(5)]


async def test_a_deleted_rule_leaves_nothing_open(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    await watch.make(start)
    await watch.evaluate()
    await watch.call("DeleteRule", rule_id=RULE_ID)
    assert await watch.alerts() == []
    [alert] = await watch.alerts("resolved")
    assert alert.resolved_by == "tester"
    assert (await watch.evaluate()).judged == 0


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "not a number": ({"threshold": {"comparator": 1, "threshold": float("nan")}}, "threshold"),
    "endless": ({"threshold": {"comparator": 1, "threshold": float("inf")}}, "threshold"),
    "no comparator": ({"threshold": {"threshold": 1}}, "comparator"),
    "unknown metric": ({"metric": "no_such_metric"}, "rule.metric"),
    "unknown points": (
        {"aggregation": {"metric_type": "nobody.records.it", "function": 3}},
        "rule.aggregation.metric_type",
    ),
    "unknown group": ({"group_by": [99]}, "rule.group_by[0]"),
    "tags of runs": ({"group_by_tags": ["queue"]}, "rule.group_by_tags"),
    "too often": ({"evaluation_interval": {"seconds": 30}}, "rule.evaluation_interval"),
    "half minutes": ({"evaluation_interval": {"seconds": 90}}, "rule.evaluation_interval"),
    "script": ({"runbook_url": "javascript:alert(1)"}, "rule.runbook_url"),
    "file": ({"runbook_url": "file:///etc/passwd"}, "rule.runbook_url"),
    "no severity": ({"severity": 0}, "rule.severity"),
    "no change": ({"change": {"reference": 1, "direction": 1, "percent": 0}}, "percent"),
    "anomaly of a week": (
        {"anomaly": {"direction": 1}, "window": {"seconds": 604800}},
        "rule.window",
    ),
    "too sensitive": ({"anomaly": {"direction": 1, "sensitivity": 0.5}}, "sensitivity"),
    "levels that fall": (
        {
            "escalation": [
                {"delay": {"seconds": seconds}, "recipients": ["a"]} for seconds in (600, 300)
            ]
        },
        "rule.escalation[1].delay",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_bad_rules_are_refused(watch: Watch, case: str) -> None:
    said, field = REFUSED[case]
    found = await refused(watch.call("CreateRule", rule_id=RULE_ID, rule=rule(**said)))
    assert (found.code.name, found.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
    assert any(field in name for name in found.fields), found.fields
    assert list((await watch.call("ListRules")).rules) == []


async def test_workspaces_know_nothing_of_each_other(
    stack: Stack, keys: KeyRing, start: datetime
) -> None:
    red, blue = (Watch.of_new_workspace(stack, keys) for _ in range(2))
    for one in (red, blue):
        await one.make(start)
    await red.client.record(failures(at(start, *range(1, 180))))
    assert (await red.evaluate()).triggered == 1
    assert (await blue.evaluate()).triggered == 0
    [alert] = await red.alerts()
    assert await blue.alerts() == []
    for rpc in ("GetAlert", "AcknowledgeAlert", "ResolveAlert"):
        found = await refused(blue.call(rpc, alert_id=alert.alert_id))
        assert (found.code.name, found.reason) == ("NOT_FOUND", "ALERT_NOT_FOUND")


async def test_the_scheduler_has_all_workspaces_judged(
    stack: Stack, keys: KeyRing, start: datetime
) -> None:
    watches = [Watch.of_new_workspace(stack, keys) for _ in range(3)]
    for one in watches:
        await one.client.record(failures(at(start, *range(1, 180))))
        await one.make(start)
    everywhere = Client(
        stack.stubs,
        "shadower-system",
        keys.metadata("shadower-system", role=None, permissions=["alert_evaluations:write"]),
    )
    done = await Watch(stack, keys, everywhere).evaluate()
    assert done.triggered >= 3
    assert [len(await one.alerts()) for one in watches] == [1, 1, 1]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"for_duration": LONG},
        {"cooldown": {"seconds": 0}, "threshold": {"comparator": BELOW, "threshold": 1}},
        {"change": {"reference": 1, "direction": 1, "absolute": 2}},
        {"metric": "executions", "absence": {}, "group_by": [1]},
    ],
    ids=["threshold", "for a while", "below", "change", "absence"],
)
async def test_a_preview_finds_what_judging_finds(
    watch: Watch, start: datetime, said: dict[str, Any]
) -> None:
    minutes = [n * n % 173 + 0.5 for n in range(150)]
    await watch.client.record(failures(at(start, *minutes)))
    made = await watch.make(start, **said)
    await watch.evaluate()
    until = (await watch.call("GetRule", rule_id=RULE_ID)).rule.judged_until
    interval = {"start_time": start, "end_time": until}
    foreseen = await watch.call("PreviewRule", rule=made.rule, interval=interval)
    found = await watch.alerts("pending", "triggered", "resolved", page_size=500)
    assert sorted(map(times, foreseen.alerts)) == sorted(map(times, found))
    assert len(found) > 0
    assert foreseen.judgements == (until.ToDatetime(UTC) - start) // INTERVAL


def times(alert: Any) -> tuple[Any, ...]:
    known = (alert.pending_time, alert.trigger_time, alert.resolve_time)
    return (*(one.ToJsonString() for one in known), sorted(alert.group.items()), alert.value)


async def test_a_preview_has_its_limits(watch: Watch, start: datetime) -> None:
    interval = {"start_time": start - 30 * 24 * HOUR, "end_time": start}
    found = await refused(watch.call("PreviewRule", rule=rule(), interval=interval))
    assert (found.reason, found.metadata["limit"]) == ("PREVIEW_TOO_LONG", "2016")


@pytest.mark.parametrize(
    ("said", "incident", "found"),
    [
        ({"anomaly": {"direction": 1}}, 40, True),
        ({"anomaly": {"direction": 1}}, 0, False),
        ({"pattern": {"shape": 3}}, 40, True),
        ({"pattern": {"shape": 3}}, 0, False),
        ({"pattern": {"shape": 4}}, 0, False),
    ],
    ids=["anomaly", "no anomaly", "spike", "no spike", "no flat line"],
)
async def test_an_incident_is_found_in_a_day_of_runs(
    watch: Watch, said: dict[str, Any], incident: int, found: bool
) -> None:
    """Each quarter of an hour has 3 to 7 runs, and one has as many more as the incident."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
    quarters = [end - number * 15 * MINUTE for number in range(1, 29 * 4)]
    times = [
        start + (n + 0.5) * MINUTE for q, start in enumerate(quarters) for n in range(3 + q % 5)
    ]
    times += [quarters[2] + (n + 0.25) * MINUTE / 4 for n in range(incident)]
    await watch.client.record(failures(times, status="succeeded"))
    quarter = {"evaluation_interval": {"seconds": 900}}
    asked = rule(metric="executions", **said, **quarter)
    interval = {"start_time": end - 2 * HOUR, "end_time": end}
    foreseen = await watch.call("PreviewRule", rule=asked, interval=interval)
    triggered = [one.trigger_time.ToDatetime(UTC) for one in foreseen.alerts]
    assert triggered == ([quarters[2] + 15 * MINUTE] if found else [])
    assert foreseen.judgements == 8


async def test_a_rule_that_fails_says_why_and_keeps_no_other(watch: Watch, start: datetime) -> None:
    """One has more groups than may be; nothing of it is told."""
    many = [failures([start + MINUTE], f"agent-{number}")[0] for number in range(1001)]
    await watch.client.record(many)
    below = {"comparator": BELOW, "threshold": 5}
    await watch.make(start, "many", threshold=below, **BY_AGENT)
    await watch.make(start, "one", threshold={"comparator": ABOVE, "threshold": 1000})
    done = await watch.evaluate()
    assert (done.judged, done.failed, done.triggered) == (1, 1, 1)
    rules = (await watch.call("ListRules")).rules
    assert {one.rule_id: one.failure_reason for one in rules} == {"many": "ALERTS_FULL", "one": ""}


async def test_the_bus_says_whom_to_tell_on_a_level(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    levels = [{"delay": {"seconds": s}, "recipients": [f"team-{s}"]} for s in (600, 86400)]
    labels = {"team": "core"}
    await watch.make(start, escalation=levels, labels=labels, runbook_url="https://run.example/a")
    await watch.evaluate()
    (_, first), (_, escalated) = watch.events()
    assert (first["labels"], first["runbookUrl"]) == (labels, "https://run.example/a")
    assert "recipients" not in first
    assert (escalated["escalationLevel"], escalated["recipients"]) == (1, ["team-600"])
