"""What people do about alerts, and what the bus says of them."""

from datetime import UTC, datetime

import psycopg
from google.protobuf.timestamp_pb2 import Timestamp

from tests.support.alerts import (
    BY_AGENT,
    HOUR,
    INTERVAL,
    Watch,
    at,
    failures,
    five_minutes,
)
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.stack import Stack


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


async def test_a_silence_of_no_time_is_refused(watch: Watch) -> None:
    now = Timestamp(seconds=1_800_000_000, nanos=1_000)
    just = Timestamp(seconds=now.seconds, nanos=now.nanos + 1)
    asked = watch.call("CreateSilence", silence_id="none", start_time=now, end_time=just)
    found = await refused(asked)
    assert (found.code.name, found.fields) == ("INVALID_ARGUMENT", ("end_time",))


def _set_judged(watch: Watch, until: datetime) -> None:
    """As if the rule, and its alerts, had last been judged then."""
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        for table, column in (("alert_rules", "judged_until"), ("alerts", "judged_at")):
            connection.execute(
                f"update shadower.{table} set {column} = %s where workspace_id = %s",
                (until, watch.client.workspace),
            )
    watch.make_due()


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
