"""Recording in any order, any split into batches, by many at once, over broken connections."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import grpc
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import StreamRecordsRequest

from tests.support.errors import refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.recording import (
    APRIL,
    FAILED,
    MARCH,
    RUNNING,
    SUCCEEDED,
    Producer,
    event,
    outcomes,
    point,
    run,
)
from tests.support.stack import Stack

STATUS_NAMES = {RUNNING: "running", SUCCEEDED: "succeeded", FAILED: "failed"}
LATE = ("user_rating", "cost_usd", "credits")
SECONDS, TOO_SLOW = 60, HealthCheck.too_slow

Record = dict[str, Any]
ARRIVAL = st.fixed_dictionaries(
    {
        "execution_id": st.sampled_from("abc"),
        "status": st.sampled_from([RUNNING, RUNNING, SUCCEEDED, SUCCEEDED, FAILED]),
        "start_time": st.sampled_from([MARCH, MARCH, APRIL]),
        "model": st.sampled_from(["", "", "m"]),
    },
    optional={
        "user_rating": st.sampled_from([1, 5]),
        "cost_usd": st.sampled_from(["0", "0.000000000001", "1.50", "1.5"]),
        "credits": st.sampled_from(["7", "7.25"]),
    },
)
BATCH = st.lists(ARRIVAL, min_size=1, max_size=6)


def new_producer(stack: Stack, keys: KeyRing) -> Producer:
    workspace = f"w-{uuid.uuid4().hex[:16]}"
    return Producer(stack, keys.metadata(workspace), workspace)


class Model:
    """The contract's words on Execution and RecordOutcome, and nothing of the implementation."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def arrive(self, sent: Record) -> str:
        new = {**dict.fromkeys(LATE), **sent}
        new |= {name: Decimal(new[name]) for name in ("cost_usd", "credits") if new[name]}
        old = self.records.get(new["execution_id"])
        if old is None:
            self.records[new["execution_id"]] = new
            return "stored"
        return self._arrive_again(old, new)

    def _arrive_again(self, old: Record, new: Record) -> str:
        was_finished = old["status"] != RUNNING
        if was_finished and new["status"] == RUNNING:
            return "duplicate"
        said = {name: value for name, value in new.items() if value is not None}
        if was_finished and any(old[name] != said[name] for name in said if name not in LATE):
            return "rejected"
        after = old | said
        self.records[new["execution_id"]] = after
        return "duplicate" if after == old else "updated"

    def rows(self) -> list[tuple[Any, ...]]:
        return [
            (one, STATUS_NAMES[r["status"]], r["start_time"], r["model"] or None, *map(r.get, LATE))
            for one, r in self.records.items()
        ]


def stored_rows(producer: Producer) -> list[tuple[Any, ...]]:
    names = ("execution_id", "status", "started_at", "model", *LATE)
    return [tuple(map(row.get, names)) for row in producer.rows("executions")]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[TOO_SLOW])
@given(batches=st.lists(BATCH, min_size=1, max_size=4), retried=st.integers(0, 3))
async def test_any_arrivals_leave_what_the_contract_says(
    stack: Stack, keys: KeyRing, batches: list[list[Record]], retried: int
) -> None:
    producer, model = new_producer(stack, keys), Model()
    for batch in [*batches, batches[retried % len(batches)]]:
        told = await producer.told(*(run(**arrival) for arrival in batch))
        assert told == [model.arrive(arrival) for arrival in batch]
    assert sorted(stored_rows(producer), key=str) == sorted(model.rows(), key=str)
    placed = {row["execution_id"]: row["started_at"] for row in producer.rows("execution_keys")}
    assert placed == {one: record["start_time"] for one, record in model.records.items()}


def shuffled_batches(seed: int, status: Any) -> list[list[Execution]]:
    """The same ids for every sender, in an order and a split of its own, some of them twice."""
    chance = random.Random(seed)
    items = [run(f"run-{n}", status=status) for n in (*range(60), *range(seed, seed + 20))]
    chance.shuffle(items)
    size = chance.randint(7, 40)
    return [items[start : start + size] for start in range(0, len(items), size)]


async def send(producer: Producer, batches: list[list[Execution]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for batch in batches:
        answer = await producer.record(*batch)
        found.update(outcomes(answer.results))
        assert answer.counts.received == len(batch) == len(answer.results)
    return found


@pytest.mark.parametrize("statuses", [(SUCCEEDED, SUCCEEDED), (RUNNING, SUCCEEDED)])
async def test_senders_at_once_store_each_run_once(
    stack: Stack, keys: KeyRing, statuses: tuple[Any, Any]
) -> None:
    producer = new_producer(stack, keys)
    work = [shuffled_batches(seed, statuses[seed % 2]) for seed in range(8)]
    async with asyncio.timeout(SECONDS):
        found = sum(await asyncio.gather(*(send(producer, batches) for batches in work)), Counter())
    assert (found["stored"], found["rejected"], found.total()) == (60, 0, 8 * 80)
    assert found["updated"] <= (60 if RUNNING in statuses else 0)
    rows = [row[:2] for row in stored_rows(producer)]
    assert sorted(rows) == sorted((f"run-{n}", "succeeded") for n in range(60))


@contextmanager
def held_workspace(producer: Producer) -> Iterator["psycopg.Connection[Any]"]:
    """Nobody else can commit to the workspace inside."""
    with psycopg.connect(producer.stack.database_url) as holder:
        lock = "select 1 from shadower.workspaces where workspace_id = %s for update"
        assert holder.execute(lock, [producer.workspace]).fetchone()
        yield holder


async def terminate_blocked_by(holder: "psycopg.Connection[Any]", url: str) -> None:
    blocked = "from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    with psycopg.connect(url, autocommit=True) as killer:
        for _ in range(500):
            pid = [holder.info.backend_pid]
            if killer.execute(f"select pg_terminate_backend(pid) {blocked}", pid).fetchall():
                return
            await asyncio.sleep(0.02)
    raise AssertionError("nothing waited for the lock")


async def test_a_connection_that_dies_in_a_batch_leaves_nothing_of_it(
    stack: Stack, keys: KeyRing
) -> None:
    producer = new_producer(stack, keys)
    await producer.record(run("before", status=RUNNING))
    batch = [run("before"), run("new", start_time=APRIL + timedelta(days=40))]
    with held_workspace(producer) as holder:
        call = asyncio.ensure_future(producer.record(*batch))
        await terminate_blocked_by(holder, stack.database_url)
        found = await refused(call)
    assert (found.code, found.reason) == (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE")
    assert found.retry_seconds is not None
    assert [(row[0], row[1]) for row in stored_rows(producer)] == [("before", "running")]
    assert len(producer.rows("execution_keys")) == 1
    assert await producer.told(*batch) == ["updated", "stored"]
    assert len(stored_rows(producer)) == 2


async def test_a_stream_acknowledges_batches_in_their_order(stack: Stack, keys: KeyRing) -> None:
    producer = new_producer(stack, keys)
    sent = [StreamRecordsRequest(sequence=n, executions=[run(f"{n % 3}")]) for n in (7, 5, 4)]
    sent[0].workspace_id = sent[2].workspace_id = producer.workspace
    sent[1].metric_points.append(point(value=float("nan")))
    sent[2].events.append(event())
    sent.append(StreamRecordsRequest(sequence=4, metric_points=[point(metric_type="cost")]))
    call = stack.stubs.ingest.StreamRecords(iter(sent), metadata=producer.metadata)
    answers = [answer async for answer in call]
    assert [answer.sequence for answer in answers] == [7, 5, 4, 4]
    told = [outcomes([*a.executions, *a.metric_points, *a.events]) for a in answers]
    assert told == [["stored"], ["stored", "rejected"], ["duplicate", "stored"], ["rejected"]]
    assert [a.counts.received for a in answers] == [1, 2, 2, 1]
    assert refusal_in(answers[1].metric_points[0].error).fields == ("metric_points[0].value",)
    assert refusal_in(answers[3].metric_points[0].error).reason == "METRIC_NAME_RESERVED"
