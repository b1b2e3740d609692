"""Whatever fails or dies, everything is told, in order, and seldom twice."""

import asyncio
import time
import uuid
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import asyncpg
import psycopg
import pytest

from services.runtime.faults import Unavailable
from services.runtime.pool import NOTIFIER_ROLE, open_pool
from services.warehouse.notifications.lanes import Lanes
from tests.support.bus import settings_of
from tests.support.keys import KeyRing
from tests.support.notifications import DELIVERED, FAILED, WAITING, Told, alert
from tests.support.notifier import Notifier, notifying
from tests.support.receivers import (
    HANG,
    Answer,
    Receiver,
)
from tests.support.stack import Environment, start


async def test_a_receiver_that_fails_gets_the_same_message_again_and_again(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.says(path, Answer(500, body=b"\0 broken"), Answer(302, {"Location": "/elsewhere"}))
    await told.publish(alert())
    got = await receiver.take(path, 3)
    assert len({one.headers["webhook-id"] for one in got}) == 1
    assert len({one.body for one in got}) == 1
    [delivery] = await told.ended(1)
    attempts = await told.attempts(delivery)
    assert [one.error for one in attempts] == ["STATUS: 500", "STATUS: 302", ""]
    assert attempts[0].response == "\N{REPLACEMENT CHARACTER} broken"
    assert receiver.got["elsewhere"] == []


async def test_what_fails_too_often_is_given_up_until_somebody_says_otherwise(
    told: Told, receiver: Receiver, path: str
) -> None:
    receiver.always[path] = Answer(503)
    await told.make(webhook={"url": receiver.at(path)})
    await told.publish(alert())
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.attempts, delivery.error) == (FAILED, 4, "STATUS: 503")
    assert await told.failures(4) >= 4
    receiver.always[path] = Answer()
    again = (await told.call("RetryDelivery", delivery_id=delivery.delivery_id)).delivery
    assert again.HasField("due_time")
    await receiver.take(path, 5)
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.attempts) == (DELIVERED, 1)
    assert len(await told.attempts(delivery)) == 5
    receiver.always[path] = Answer(400)
    await told.publish(alert())
    await told.ended(2)
    receiver.always[path] = Answer()
    recovered = await told.call("RecoverTarget", target_id="ops")
    assert (recovered.deliveries, recovered.remaining) == (1, 0)
    assert {one.state for one in await told.ended(2)} == {DELIVERED}


async def test_much_that_was_missed_is_recovered_a_part_at_a_time(
    told: Told, receiver: Receiver, path: str, telling: Environment
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    with psycopg.connect(telling.database_url, autocommit=True) as connection:
        _fail(connection, told.workspace, 1003)
        with connection.transaction():
            connection.execute(
                "select from shadower.notification_deliveries where workspace_id = %s for update",
                (told.workspace,),
            )
            recovering = asyncio.create_task(told.call("RecoverTarget", target_id="ops"))
            await _until_somebody_waits(connection)
            # Meanwhile events are written down for the target.
            connection.execute(
                "select from shadower.notification_lanes where workspace_id = %s for update nowait",
                (told.workspace,),
            )
        first = await recovering
    second = await told.call("RecoverTarget", target_id="ops")
    assert (first.deliveries, first.remaining) == (1000, 3)
    assert (second.deliveries, second.remaining) == (3, 0)


def _fail(connection: psycopg.Connection, workspace: str, number: int) -> None:
    """So many to a target, that somebody else sends to for now."""
    connection.execute(
        "update shadower.notification_lanes set leased_until = now() + interval '1 hour'"
        " where workspace_id = %s",
        (workspace,),
    )
    connection.execute(
        "insert into shadower.notification_deliveries (workspace_id, target_id, event_id,"
        " event_type, event_at, data, subject, state, ended_at)"
        " select %s, 'ops', gen_random_uuid(), 'alert.triggered', now(), '{}', n::text, 'failed',"
        " now() from generate_series(1, %s::int) as n",
        (workspace, number),
    )


async def _until_somebody_waits(connection: psycopg.Connection) -> None:
    async with asyncio.timeout(10):
        while True:
            [waiting] = connection.execute("select count(*) from pg_locks where not granted")
            if waiting[0]:
                return
            await asyncio.sleep(0.02)


async def test_who_says_when_is_asked_then(told: Told, receiver: Receiver, path: str) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.says(path, Answer(429, {"Retry-After": "1"}))
    await told.publish(alert())
    first, second = await receiver.take(path, 2)
    assert second.at - first.at >= 1


async def test_who_is_gone_is_told_nothing_more(told: Told, receiver: Receiver, path: str) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.always[path] = Answer(410)
    data = alert()
    await told.publish(data)
    await told.publish(data, "alert.resolved")
    found = await told.ended(1)
    assert {one.state for one in found} == {FAILED}
    assert len(receiver.got[path]) == 1
    kept = (await told.call("GetTarget", target_id="ops")).target
    assert kept.gone
    assert kept.target.disabled
    receiver.always[path] = Answer()
    said = {"name": "ops", "webhook": {}}
    kept = (await told.call("UpdateTarget", target_id="ops", target=said, etag=kept.etag)).target
    assert not kept.gone
    await told.publish(alert())
    await receiver.take(path, 2)


async def test_what_has_waited_too_long_is_given_up(
    told: Told, receiver: Receiver, path: str, telling: Environment
) -> None:
    made = (await told.make(webhook={"url": receiver.at(path)})).target
    receiver.says(path, Answer(503, {"Retry-After": "600"}))
    for _ in range(2):
        await told.publish(alert())
    await receiver.take(path)
    with psycopg.connect(telling.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.notification_deliveries set waiting_since = now() - interval '3 days'"
            " where (workspace_id, delivery_id) in (select workspace_id, delivery_id"
            " from shadower.notification_deliveries where workspace_id = %s limit 1)",
            (told.workspace,),
        )
    said = {"name": "again", "webhook": {}}
    await told.call("UpdateTarget", target_id="ops", target=said, etag=made.etag)
    async with asyncio.timeout(10):
        while not await told.deliveries(states=[FAILED]):  # noqa: ASYNC110 - of a process
            await asyncio.sleep(0.05)
    [expired] = await told.deliveries(states=[FAILED])
    assert expired.error.startswith("EXPIRED: ")


async def test_one_that_hangs_holds_up_nobody_else(
    told: Told, receiver: Receiver, path: str
) -> None:
    receiver.always[f"{path}-dead"] = Answer(HANG)
    await told.make("dead", webhook={"url": receiver.at(f"{path}-dead")})
    await told.make("quick", webhook={"url": receiver.at(f"{path}-quick")})
    for _ in range(12):
        await told.publish(alert())
    await receiver.take(f"{path}-quick", 12, seconds=10)
    # As many at once as a target may have, and then one at a time.
    assert len(receiver.got[f"{path}-dead"]) <= 8 + 1
    assert {one.state for one in await told.deliveries(target="dead")} == {WAITING}


async def test_the_end_is_not_told_before_the_beginning(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.says(path, Answer(500), Answer(500))
    data = alert()
    for kind in ("alert.triggered", "alert.acknowledged", "alert.resolved"):
        await told.publish(data, kind)
    await told.ended(3)
    kinds = [one.content["type"] for one in receiver.got[path]]
    assert kinds == ["alert.triggered"] * 3 + ["alert.acknowledged", "alert.resolved"]


async def test_an_event_that_comes_twice_is_told_once(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    event_id = await told.publish(alert())
    await told.publish(alert(), event_id=event_id)
    await told.publish(alert())
    await told.ended(2)
    assert len(receiver.got[path]) == 2


async def test_a_target_takes_no_more_a_minute_than_it_says(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)}, max_per_minute=120)
    for _ in range(23):
        await told.publish(alert())
    got = await receiver.take(path, 23)
    assert got[19].at - got[0].at < 1.5
    assert got[22].at - got[0].at >= 1.4


async def test_the_database_may_be_away_for_a_moment(
    notifier: Notifier, told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    for _ in range(4):
        _end_connections(notifier.environment.database_url)
        event_id = uuid.uuid4()
        while not await _has_published(told, event_id):
            pass
    got = await receiver.take(path, 4)
    assert len({one.headers["webhook-id"] for one in got}) == 4


async def test_workspaces_take_turns_and_none_takes_all(fresh_url: str) -> None:
    with psycopg.connect(fresh_url, autocommit=True) as connection:
        connection.execute(
            "insert into shadower.notification_lanes (workspace_id, target_id, due_at)"
            " select 'w-greedy', 't-' || n, now() - interval '1 hour'"
            " from generate_series(1, 200) as n"
            " union all select 'w-modest', 't-' || n, now() from generate_series(1, 3) as n"
        )
    async with open_pool(settings_of(fresh_url), NOTIFIER_ROLE) as pool:
        lanes, holder = Lanes(pool, timedelta(minutes=1), 4), uuid.uuid4()
        first = await lanes.claim(2, holder, {})
        assert {one.workspace_id for one in first} == {"w-greedy", "w-modest"}
        busy = Counter(one.workspace_id for one in first)
        rest = await lanes.claim(64, holder, busy)
        busy += Counter(one.workspace_id for one in rest)
        assert busy == {"w-greedy": 4, "w-modest": 3}
        # Nobody asks again and again for what will not be given.
        assert await lanes.claim(64, holder, busy) == []
        assert (await lanes.seconds_to_next(busy) or 0) > 50
        assert await lanes.seconds_to_next({}) == pytest.approx(-3600, abs=60)
        assert len(await lanes.claim(64, uuid.uuid4(), {})) == 4


async def test_whose_receivers_all_hang_keeps_nobody_else_waiting(
    telling: Environment, fresh_url: str, keys: KeyRing, receiver: Receiver, path: str
) -> None:
    few = (("SHADOWER_NOTIFICATION_CONCURRENCY", "4"),)
    few += (("SHADOWER_NOTIFICATION_WORKSPACE_CONCURRENCY", "2"),)
    environment = replace(telling, database_url=fresh_url, extra=(*telling.extra, *few))
    receiver.always[f"{path}-dead"] = Answer(HANG)
    async with notifying(environment) as notifier:
        greedy, modest = notifier.of(keys, "w-greedy"), notifier.of(keys, "w-modest")
        for number in range(8):
            await greedy.make(f"t-{number}", webhook={"url": receiver.at(f"{path}-dead")})
        await modest.make(webhook={"url": receiver.at(path)})
        await greedy.publish(alert())
        await receiver.take(f"{path}-dead", 2)
        published = time.monotonic()
        await modest.publish(alert())
        [got] = await receiver.take(path)
        # A receiver that hangs is given up after a second.
        assert got.at - published < 0.9
        assert len(receiver.got[f"{path}-dead"]) == 2


async def _has_published(told: Told, event_id: uuid.UUID) -> bool:
    try:
        await told.publish(alert(), event_id=event_id)
    except Unavailable:
        await asyncio.sleep(0.05)
        return False
    return True


def _end_connections(url: str) -> None:
    """Of all, as if the server had begun anew."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


async def test_whoever_dies_loses_nothing(
    telling: Environment, fresh_url: str, keys: KeyRing, receiver: Receiver, path: str
) -> None:
    """One dies when it has written down what to tell, and one when it has told it. Then two go on,
    of which one dies as well."""
    fresh = replace(telling, database_url=fresh_url)
    async with notifying(_failing(fresh, "notify.written=kill")) as first:
        told = first.of(keys, "w-dying")
        await told.make(webhook={"url": receiver.at(path)})
        for _ in range(2):
            await told.publish(alert())
        await asyncio.to_thread(first.running.process.wait, 20)
        await told.publish(alert())
    told_once = len(receiver.got[path])
    second = start("notifications", _failing(fresh, "notify.sent=kill"))
    await asyncio.to_thread(second.process.wait, 20)
    assert len(receiver.got[path]) > told_once
    two = [start("notifications", fresh) for _ in range(2)]
    async with notifying(fresh, two[0]) as third, notifying(fresh, two[1]) as fourth:
        await receiver.take(path, 4)
        told = third.of(keys, "w-dying")
        names = [f"t-{number}" for number in range(6)]
        for name in names:
            await told.make(name, webhook={"url": receiver.at(f"{path}-{name}")})
        for _ in range(10):
            await told.publish(alert())
        fourth.running.process.kill()
        for _ in range(10):
            await told.publish(alert())
        assert {one.state for one in await told.ended(143, page_size=500)} == {DELIVERED}
    ids = [one.headers["webhook-id"] for one in receiver.got[path]]
    assert len(set(ids)) == 23
    # What the second one sent, and at most what was under way with the fourth, came once more.
    assert 24 <= len(ids) <= 24 + 8
    for name in names:
        assert len({one.headers["webhook-id"] for one in receiver.got[f"{path}-{name}"]}) == 20


def _failing(environment: Environment, failpoints: str) -> Environment:
    extra = (*environment.extra, ("SHADOWER_FAILPOINTS", failpoints))
    return replace(environment, extra=extra)


async def test_what_ended_long_ago_is_forgotten(
    told: Told, receiver: Receiver, path: str, telling: Environment
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    for _ in range(3):
        await told.publish(alert())
    await told.ended(3)
    with psycopg.connect(telling.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.notification_deliveries set ended_at = now() - interval '31 days'"
            " where (workspace_id, delivery_id) in (select workspace_id, delivery_id"
            " from shadower.notification_deliveries where workspace_id = %s limit 2)",
            (told.workspace,),
        )
    async with open_pool(settings_of(telling.database_url), NOTIFIER_ROLE) as pool:
        lanes = Lanes(pool, timedelta(seconds=1), 4)
        assert await lanes.prune(timedelta(days=30), 10) == 2
        assert await lanes.prune(timedelta(days=30), 10) == 0
        for column in ("data", "subject", "error"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.fetch(f"select {column} from notification_deliveries")
        for table in ("notification_targets", "notification_attempts", "outbox"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.fetch(f"select count(*) from {table}")
    assert len(await told.deliveries()) == 1
