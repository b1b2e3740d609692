"""CalculateAggregates against the oracle, on facts that hypothesis makes up."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shadower.aggregates.v1.aggregation_pb2 import Function
from shadower.common.v1.filter_pb2 import Filter

from services.warehouse.database import Database
from tests.support import exactness, oracle
from tests.support.aggregations import (
    DAY,
    DIMENSIONS,
    END,
    IDS,
    NUMBERS,
    START,
    WHOLE,
    ZONE,
    aggregation,
)
from tests.support.keys import KeyRing
from tests.support.rolling import record_around_rolling
from tests.support.runs import Client, Row, point, run, time_of
from tests.support.stack import Stubs

BY_DAY = {"interval": WHOLE, "granularity": DAY, "time_zone": ZONE}
FUNCTIONS = [name.removeprefix("FUNCTION_").lower() for name in Function.keys()[1:]]
PERCENTS = (0, 99.9, 100)
OF_DURATIONS = ("percentile", "duration")
EVERY = [
    *((field, function, None) for field in NUMBERS for function in FUNCTIONS[:6]),
    *((field, "distinct", None) for field in NUMBERS),
    *((field, "percentile", p) for field in NUMBERS for p in PERCENTS),
    *((field, function, None) for field in IDS for function in ("count", "distinct")),
]


def optional(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


@st.composite
def runs(draw: Any) -> Row:
    status = draw(st.sampled_from(["succeeded", "failed", "timed_out", "cancelled", "running"]))
    start = START + timedelta(
        minutes=draw(st.sampled_from([-1, 0, 29, 150, 151, 1600, 2909, 2910]))
    )
    lasted = draw(optional(0, 1, 1, 1_000_003, 86_400_000_000))
    inputs = draw(optional(0, 1, 7, 10**12))
    return run(
        draw(st.uuids()).hex,
        start,
        agent_id=draw(st.sampled_from(["a", "b"])),
        status=status,
        end_time=None
        if lasted is None or status == "running"
        else start + timedelta(microseconds=lasted),
        user_id=draw(optional("u", "v")),
        model=draw(optional("m")),
        conversation_id=draw(optional("c")),
        input_tokens=inputs,
        output_tokens=draw(optional(0, 3, 10**12)),
        cached_input_tokens=None if inputs is None else draw(optional(0, inputs)),
        cost_usd=draw(optional("0", "0.1", "0.2", "1000001", "999999999999", "0.000000000001")),
        credits=draw(optional("1", "1.0", "2.5", "0.333333333333")),
        user_rating=draw(optional(1, 4, 5)),
        tool_calls=draw(optional(0, 2, 1_000_000)),
    )


made_up = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
unique_runs = st.lists(runs(), min_size=1, max_size=25, unique_by=lambda row: row["execution_id"])


def values(asked: Iterable[Any], rows: list[Row]) -> list[Any]:
    return [oracle.calculate(name, oracle.known(rows, f), p or 0) for f, name, p in asked]


def same(found: Any, expected: Any, function: str, field: str = "") -> bool:
    """Deviations may differ in how they were rounded on their way, percentiles of durations by
    what stands for a duration."""
    if function == "standard_deviation" and None not in (found, expected):
        return found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    right = exactness.near(expected) if (function, field) == OF_DURATIONS else expected
    return type(found) is type(expected) and found == right


async def check(client: Client, asked: list[Any], rows: list[Row], **query: Any) -> None:
    """Every value of every group and bucket, no row more and none less."""
    names = query.pop("names", ())
    answer = await client.aggregates(
        aggregations=[aggregation(*one) for one in asked],
        group_by=[DIMENSIONS[name] for name in names],
        **query,
    )
    found = {
        (frozenset(row.labels.items()), time_of(row.bucket.start_time)): row for row in answer.rows
    }
    assert len(found) == len(answer.rows)
    expected = grouped(oracle.within(rows, START, END), names, "granularity" in query)
    assert found.keys() == expected.keys()
    for key, group in expected.items():
        told = zip(asked, found[key].values, values(asked, group), strict=True)
        for one, value, right in told:
            assert same(oracle.number(value.value), right, one[1], one[0]), (key, one, value, right)
            assert not value.filled


def grouped(rows: list[Row], names: tuple[str, ...], by_day: bool) -> dict[Any, list[Row]]:
    def key(row: Row) -> Any:
        time = row.get("start_time", row.get("timestamp"))
        bucket = oracle.bucket_start(time, "day", ZONE) if by_day else START
        return oracle.labels(row, names), bucket

    return ({} if names or by_day else {(frozenset(), START): []}) | oracle.grouped(rows, key)


@made_up
@given(rows=unique_runs, early=st.sampled_from([0, 1, 2, 3]))
async def test_every_function_of_every_field(
    stubs: Stubs, rolling: Database, keys: KeyRing, rows: list[Row], early: int
) -> None:
    """However many of the runs are rolled up when the others come."""
    client = Client.of_new_workspace(stubs, keys)
    await record_around_rolling(rolling, client, rows, early)
    for start in range(0, len(EVERY), 20):
        part = EVERY[start : start + 20]
        await check(client, part, rows, interval=WHOLE)
        await check(client, part, rows, names=("agent_id", "status", "model"), **BY_DAY)
    only_b = [row for row in rows if row["agent_id"] == "b" and row["model"] == "m"]
    narrow = Filter(agent_ids=["b"], models=["m"])
    await check(client, EVERY[:20], only_b, filter=narrow, names=("error_type",), interval=WHOLE)


EIGHTHS = st.integers(-(2**20), 2**20).map(lambda eighths: eighths / 8)
OF_POINTS = [*((name, f, None) for name in ("depth", "Temp", "never") for f in FUNCTIONS[:6])]


@made_up
@given(data=st.lists(st.tuples(EIGHTHS, st.integers(-1, 2910), optional("eu", "us")), max_size=20))
async def test_points(stubs: Stubs, keys: KeyRing, data: list[Any]) -> None:
    client = Client.of_new_workspace(stubs, keys)
    rows = [
        point(("depth", "Temp")[n % 2], value, START + timedelta(minutes=minute), **region(name))
        for n, (value, minute, name) in enumerate(data)
    ]
    await client.record_points(rows)
    for tags, by_day in product([(), ("region",)], [False, True]):
        answer = await client.aggregates(
            aggregations=[aggregation(*one) for one in OF_POINTS],
            group_by_tags=tags,
            **(BY_DAY if by_day else {"interval": WHOLE}),
        )
        expected = grouped(oracle.within(rows, START, END), tags, by_day)
        for row in answer.rows:
            group = expected.pop((frozenset(row.labels.items()), time_of(row.bucket.start_time)))
            for (name, function, _), value in zip(OF_POINTS, row.values, strict=True):
                known = [one["value"] for one in group if one["metric_type"] == name]
                right = oracle.calculate(function, known)
                assert same(oracle.number(value.value), right, function), (name, function)
        assert not expected


def region(name: str | None) -> dict[str, str]:
    return {"region": name} if name else {}
