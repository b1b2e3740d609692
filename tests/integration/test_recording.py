"""What becomes of facts that are recorded, one batch after another."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.ingest.v1.event_pb2 import EventType
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from tests.support.errors import refusal_in
from tests.support.keys import KeyRing
from tests.support.recording import (
    APRIL,
    CANCELLED,
    FAILED,
    MARCH,
    RUNNING,
    Producer,
    event,
    outcomes,
    point,
    run,
)
from tests.support.stack import Stack

CONFLICT = grpc.StatusCode.ALREADY_EXISTS
EU = {"region": "eu"}


@pytest.fixture
def producer(stack: Stack, keys: KeyRing, workspace: str) -> Producer:
    return Producer(stack, keys.metadata(workspace), workspace)


async def test_a_run_is_stored_once_however_often_it_comes(producer: Producer) -> None:
    answer = await producer.record(run(), run())
    assert outcomes(answer.results) == ["stored", "duplicate"]
    assert (answer.counts.received, answer.counts.stored, answer.counts.duplicate) == (2, 1, 1)
    assert [(result.index, result.id) for result in answer.results] == [(0, "run"), (1, "run")]
    assert await producer.told(run()) == ["duplicate"]
    assert len(producer.rows("executions")) == 1


async def test_a_run_moves_to_the_month_that_its_end_names(producer: Producer) -> None:
    await producer.record(run(status=RUNNING, start_time=MARCH))
    ended = run(start_time=APRIL, end_time=APRIL)
    assert await producer.told(ended) == ["updated"]
    (row,) = producer.rows("executions")
    assert (row["started_at"], row["status"]) == (APRIL, "succeeded")
    assert row["part"].endswith("executions_2024_04")
    assert [key["started_at"] for key in producer.rows("execution_keys")] == [APRIL]


@pytest.mark.parametrize(
    ("name", "first", "other"),
    [("user_rating", 4, 5), ("cost_usd", "0.5", "0.75"), ("credits", "3", "0")],
)
async def test_what_comes_late_is_set_changed_and_never_forgotten(
    producer: Producer, name: str, first: Any, other: Any
) -> None:
    sent = [run(), run(**{name: first}), run(), run(**{name: other}), run(**{name: other})]
    told = [(await producer.told(item))[0] for item in sent]
    assert told == ["stored", "updated", "duplicate", "updated", "duplicate"]
    assert Decimal(producer.rows("executions")[0][name]) == Decimal(other)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"model": "other"}, {"model"}),
        ({"metadata": {"a": "b"}, "agent_id": "other"}, {"agent_id", "metadata"}),
        ({"status": CANCELLED}, {"status"}),
        ({"input_tokens": 0}, {"input_tokens"}),
        ({"start_time": MARCH - timedelta(seconds=1)}, {"start_time"}),
        ({"end_time": APRIL}, {"end_time"}),
    ],
)
async def test_a_finished_run_with_other_content_is_a_conflict(
    producer: Producer, change: dict[str, Any], fields: set[str]
) -> None:
    await producer.record(run(model="m"))
    answer = await producer.record(run(**({"model": "m"} | change)), run("other"))
    assert outcomes(answer.results) == ["rejected", "stored"]
    found = refusal_in(answer.results[0].error)
    assert (found.code, found.reason) == (CONFLICT, "EXECUTION_CONFLICT")
    assert found.metadata["executionId"] == "run"
    assert set(found.metadata["fields"].split(",")) == fields
    models = {row["execution_id"]: row["model"] for row in producer.rows("executions")}
    assert models == {"run": "m", "other": None}


async def test_items_of_a_batch_take_effect_in_their_order(producer: Producer) -> None:
    running, ended = run(status=RUNNING), run(model="m")
    told = await producer.told(running, ended, running, run(model="n"), ended)
    assert told == ["stored", "updated", "duplicate", "rejected", "duplicate"]
    assert await producer.told(running) == ["duplicate"]
    assert [row["status"] for row in producer.rows("executions")] == ["succeeded"]


async def test_absent_is_not_zero_and_times_and_money_are_exact(producer: Producer) -> None:
    exact, least = "123456789012.123456789012", "0.000000000001"
    zeros: dict[str, Any] = dict.fromkeys(("input_tokens", "output_tokens", "tool_calls"), 0)
    nanos = Timestamp(seconds=1_700_000_000, nanos=123_456_789)
    await producer.record(run("bare"), run("full", cost_usd=exact, credits=least))
    await producer.record(run("zero", start_time=nanos, status=FAILED, **zeros))
    rows = {row["execution_id"]: row for row in producer.rows("executions")}
    assert [rows["bare"][name] for name in (*zeros, "cost_usd", "user_id")] == [None] * 5
    assert [rows["zero"][name] for name in zeros] == [0, 0, 0]
    assert (rows["full"]["cost_usd"], rows["full"]["credits"]) == (Decimal(exact), Decimal(least))
    assert rows["zero"]["started_at"].microsecond == 123_456
    assert rows["zero"]["error_type"] == "unknown"


@pytest.mark.parametrize("point_id", ["", "p"])
@pytest.mark.parametrize(("other", "field"), [(point(2), "value"), (point(tags=EU), "tags")])
async def test_a_point_counts_once_and_never_changes(
    producer: Producer, point_id: str, other: MetricPoint, field: str
) -> None:
    sent, other.point_id = point(point_id=point_id), point_id
    assert await producer.told(sent, sent) == ["stored", "duplicate"]
    answer = await producer.record(other, sent)
    is_other_series = not point_id and field == "tags"
    assert outcomes(answer.results) == ["stored" if is_other_series else "rejected", "duplicate"]
    assert len(producer.rows("metric_points")) == 1 + is_other_series
    if not is_other_series:
        assert answer.results[0].id == answer.results[1].id != ""
        found = refusal_in(answer.results[0].error)
        assert (found.code, found.reason) == (CONFLICT, "METRIC_POINT_CONFLICT")
        assert found.metadata == {"pointId": answer.results[1].id, "fields": field}


@pytest.mark.parametrize("data", [{"n": 1e23}, {"n": 0.1, "deep": [{"a": None}]}, {"n": -0.0}])
async def test_an_event_counts_once_and_never_changes(
    producer: Producer, data: dict[str, Any]
) -> None:
    for sent in (event(event_id="e", data=data), event(data=data)):
        assert await producer.told(sent, sent) == ["stored", "duplicate"]
        assert await producer.told(sent) == ["duplicate"]
    answer = await producer.record(event(event_id="e", user_id="other"))
    found = refusal_in(answer.results[0].error)
    assert (found.code, found.reason) == (CONFLICT, "EVENT_CONFLICT")
    assert found.metadata == {"eventId": "e", "fields": "user_id,data"}
    assert await producer.told(event(data=data, user_id="other")) == ["stored"]
    assert len(producer.rows("events")) == 3


async def test_every_type_of_event_is_kept(producer: Producer) -> None:
    types = [number for number in EventType.values() if number]
    await producer.record(*(event(type=number) for number in types))
    assert len({row["type"] for row in producer.rows("events")}) == len(types) == 29
