"""Buckets of GetMetrics in local time, and how many of them are too many."""

from datetime import UTC, datetime, timedelta

import pytest
from shadower.common.v1.granularity_pb2 import Granularity

from tests.support.keys import KeyRing
from tests.support.metric_queries import START, WHOLE, cut, outcome
from tests.support.runs import Client, interval, run, time_of
from tests.support.stack import Stack

SPRING, AUTUMN = datetime(2025, 3, 29, tzinfo=UTC), datetime(2025, 10, 25, tzinfo=UTC)
LOCAL_STARTS: dict[tuple[datetime, str, str], dict[str, int]] = {
    (SPRING, "day", "Europe/Berlin"): {
        "03-28T23": 46,
        "03-29T23": 46,
        "03-30T22": 48,
        "03-31T22": 4,
    },
    (AUTUMN, "day", "Europe/Berlin"): {
        "10-24T22": 44,
        "10-25T22": 50,
        "10-26T23": 48,
        "10-27T23": 2,
    },
    (SPRING, "hour", "Asia/Kolkata"): {},
    (SPRING, "week", "Europe/Berlin"): {"03-23T23": 92, "03-30T22": 52},
    (SPRING, "month", "UTC"): {"03-01T00": 144},
}


@pytest.fixture
def client(measured: Client) -> Client:
    return measured


async def test_local_buckets(stack: Stack, keys: KeyRing) -> None:
    """One run each half hour for three days; what stands here was counted by hand."""
    client = Client.of_new_workspace(stack.stubs, keys)
    half_hours = [
        first + timedelta(minutes=30 * n) for first in (SPRING, AUTUMN) for n in range(144)
    ]
    await client.record([run(f"r-{n}", time) for n, time in enumerate(half_hours)])
    for (first, name, zone), expected in LOCAL_STARTS.items():
        whole = interval(first, first + timedelta(days=3))
        answer = await client.metrics(metrics=["executions"], interval=whole, **cut((name, zone)))
        found = {time_of(one.start_time): one.value.integer for one in answer.time_series[0].points}
        if name == "hour":
            assert {time.minute for time in found} == {30}
            assert sorted(set(found.values())) == [1, 2]
        else:
            assert {f"{time:%m-%dT%H}": n for time, n in found.items()} == expected


async def test_too_many_buckets_are_refused(client: Client) -> None:
    minutes = {"metrics": ["executions"], "granularity": Granularity.GRANULARITY_MINUTE}
    most = interval(START.replace(second=0), START.replace(second=0) + timedelta(minutes=10_000))
    assert (await client.metrics(interval=most, **minutes)).time_series
    code, reason, fields = await outcome(client, interval=WHOLE, **minutes)
    assert (code, reason) == ("INVALID_ARGUMENT", "RESULT_TOO_LARGE")
    assert "granularity" in fields
