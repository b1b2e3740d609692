"""The account of what came in: it adds up, and it equals what plain SQL counts."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.ingest.v1 import ledger_pb2
from shadower.ingest.v1.ingest_service_pb2 import ReconcileRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub

from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.recording import RUNNING, SUCCEEDED, Producer, event, outcomes, point, run
from tests.support.stack import Environment, Stack, ready, start, stop

OUTCOMES = ("stored", "updated", "duplicate", "rejected")
MAKERS = {"execution": run, "metric_point": point, "event": event}
TABLES = {"execution": "executions", "metric_point": "metric_points", "event": "events"}


@pytest.fixture
def producer(stack: Stack, keys: KeyRing, workspace: str) -> Producer:
    return Producer(stack, keys.metadata(workspace), workspace)


def some_items(chance: Random) -> dict[str, list[Any]]:
    """New ones, ones that came before, contradictions, and ones that break a rule."""
    runs = [
        run(f"r{chance.randrange(20)}", status=chance.choice([RUNNING, SUCCEEDED]), model=model)
        for model in chance.choices(["", "m"], k=15)
    ]
    points = [point(chance.choice([1, 2]), point_id=f"p{chance.randrange(20)}") for _ in range(15)]
    events = [event(event_id=f"e{chance.randrange(20)}") for _ in range(15)]
    return {
        "execution": [*runs, run("")],
        "metric_point": [*points, point(float("nan"))],
        "event": [*events, event(type=0)],
    }


async def reconciled(producer: Producer, **fields: Any) -> Any:
    request = ReconcileRequest(workspace_id=producer.workspace, **fields)
    return await producer.stack.stubs.ingest.Reconcile(request, metadata=producer.metadata)


def accounts(answer: Any) -> dict[str, Counter[str]]:
    """Summed over hours, since a test may begin in one and end in another."""
    found: dict[str, Counter[str]] = {}
    for one in answer.entries:
        kind = ledger_pb2.FactKind.Name(one.kind).removeprefix("FACT_KIND_").lower()
        names = ("received", *OUTCOMES, "recounted")
        found.setdefault(kind, Counter()).update({name: getattr(one, name) for name in names})
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_it_adds_up_to_what_was_sent_and_what_is_there(producer: Producer, seed: int) -> None:
    chance, told = Random(seed), {kind: Counter[str]() for kind in MAKERS}
    for _ in range(4):
        for kind, items in some_items(chance).items():
            told[kind].update(outcomes((await producer.record(*items)).results))
    answer = await reconciled(producer, recount=True)
    assert answer.balanced
    found = accounts(answer)
    for kind, outcome in told.items():
        stored = len(producer.rows(TABLES[kind]))
        assert {name: found[kind][name] for name in OUTCOMES} == {n: outcome[n] for n in OUTCOMES}
        assert found[kind]["received"] == outcome.total() == 4 * 16
        assert found[kind]["recounted"] == found[kind]["stored"] == stored


async def test_a_fact_that_is_gone_is_missed(producer: Producer) -> None:
    await producer.record(event(event_id="kept"), event(event_id="gone"))
    with psycopg.connect(producer.stack.database_url) as connection:
        delete = "delete from shadower.events where workspace_id = %s and event_id = 'gone'"
        assert connection.execute(delete, [producer.workspace]).rowcount == 1
    answer = await reconciled(producer, recount=True)
    assert not answer.balanced
    assert (answer.entries[0].stored, answer.entries[0].recounted) == (2, 1)


async def test_an_update_counts_where_its_run_was_first_stored(producer: Producer) -> None:
    await producer.record(run(status=RUNNING))
    before = producer.rows("executions")[0]["recorded_at"]
    assert await producer.told(run(status=SUCCEEDED)) == ["updated"]
    assert producer.rows("executions")[0]["recorded_at"] == before


async def test_what_is_refused_as_a_whole_is_counted_too(producer: Producer) -> None:
    await refused(producer.record(run(""), run("")))
    answer = await reconciled(producer, recount=True)
    assert accounts(answer) == {
        "execution": Counter(received=2, rejected=2, stored=0, updated=0, duplicate=0, recounted=0)
    }


async def test_without_a_recount_nothing_is_said_of_one(producer: Producer) -> None:
    await producer.record(event())
    answer = await reconciled(producer)
    assert not answer.HasField("balanced")
    assert not answer.entries[0].HasField("recounted")


async def test_without_a_log_nothing_is_behind(producer: Producer) -> None:
    assert not (await reconciled(producer)).HasField("entries_behind")


async def test_a_log_that_is_away_keeps_nobody_from_the_account(
    producer: Producer, jwks_file: Path, tmp_path: Path
) -> None:
    await producer.record(event())
    away = (("KAFKA_BROKERS", f"127.0.0.1:{free_port()}"),)
    service = start("ingest", Environment(producer.stack.database_url, jwks_file, tmp_path, away))
    try:
        await ready(service)
        async with service.channel() as channel, asyncio.timeout(10):
            request = ReconcileRequest(workspace_id=producer.workspace)
            reconcile: Any = IngestServiceStub(channel).Reconcile
            answer = await reconcile(request, metadata=producer.metadata)
    finally:
        stop(service)
    assert [one.stored for one in answer.entries] == [1]
    assert not answer.HasField("entries_behind")


async def test_hours_that_begin_outside_are_left_out(producer: Producer) -> None:
    await producer.record(event())
    [hour] = [one.start_time.ToDatetime(UTC) for one in (await reconciled(producer)).entries]
    hours = timedelta(hours=1)
    for begin, end, count in (
        (hour, hour + hours, 1),
        (hour - hours, hour, 0),
        (hour + timedelta(seconds=1), hour + hours, 0),
    ):
        interval = TimeInterval(start_time=begin, end_time=end)
        for recount in (False, True):
            answer = await reconciled(producer, interval=interval, recount=recount)
            assert len(answer.entries) == count


async def test_a_month_is_the_most(producer: Producer) -> None:
    end = datetime(2026, 1, 1, tzinfo=UTC)
    interval = TimeInterval(start_time=end - timedelta(days=31, seconds=1), end_time=end)
    found = await refused(reconciled(producer, interval=interval))
    assert (found.reason, found.fields) == ("VALIDATION_FAILED", ("interval",))


async def test_just_a_month_is_not_too_much(producer: Producer) -> None:
    end = datetime(2026, 1, 1, tzinfo=UTC)
    interval = TimeInterval(start_time=end - timedelta(days=31), end_time=end)
    assert (await reconciled(producer, interval=interval)).entries == []


async def test_the_last_day_is_asked_for_unless_another_is(producer: Producer) -> None:
    keep_account_of_the_last_hours(producer, 30)
    answer = await reconciled(producer)
    this_hour = answer.as_of.ToDatetime(UTC).replace(minute=0, second=0, microsecond=0)
    wanted = [this_hour - timedelta(hours=ago) for ago in reversed(range(24))]
    assert [one.start_time.ToDatetime(UTC) for one in answer.entries] == wanted


def keep_account_of_the_last_hours(producer: Producer, hours: int) -> None:
    """By hand, since nobody can report into the past; an hour ahead, should this one end."""
    insert = """
        insert into shadower.ledger
            (workspace_id, hour, kind, received, stored, updated, duplicate, rejected)
        select %s, date_trunc('hour', now()) - ago * interval '1 hour', 'event', 1, 1, 0, 0, 0
        from generate_series(-1, %s) as ago
    """
    with psycopg.connect(producer.stack.database_url) as connection:
        assert connection.execute(insert, [producer.workspace, hours]).rowcount == hours + 2
