"""When alerts begin and are told: for a while, after a cooldown, late, and by many at once."""

import asyncio
from datetime import UTC, datetime

import psycopg

from services.warehouse.database import Database
from tests.support.alerts import (
    ABOVE,
    BELOW,
    BY_AGENT,
    HOUR,
    INTERVAL,
    LONG,
    MINUTE,
    Watch,
    at,
    failures,
    five_minutes,
)
from tests.support.keys import KeyRing
from tests.support.runs import Client
from tests.support.stack import Stack


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
