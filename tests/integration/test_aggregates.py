"""CalculateAggregates against the oracle, on facts that hypothesis makes up."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shadower.aggregates.v1.aggregates_service_pb2 import GapFill
from shadower.aggregates.v1.aggregation_pb2 import Aggregation, Field, Function
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.granularity_pb2 import Granularity

from tests.support import oracle
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import Client, Row, interval, point, run, time_of
from tests.support.stack import Stubs

# Berlin's clocks go forward within it.
START, END = datetime(2025, 3, 29, 20, 30, tzinfo=UTC), datetime(2025, 3, 31, 21, tzinfo=UTC)
WHOLE, DAY, ZONE = interval(START, END), Granularity.GRANULARITY_DAY, "Europe/Berlin"
BY_DAY = {"interval": WHOLE, "granularity": DAY, "time_zone": ZONE}
IDS = ("execution", "agent", "user", "model", "conversation")
NUMBERS = ("duration", "input_tokens", "output_tokens", "cached_input_tokens", "total_tokens")
NUMBERS += ("cost", "credits", "user_rating", "tool_calls")
FUNCTIONS = [name.removeprefix("FUNCTION_").lower() for name in Function.keys()[1:]]
PERCENTS = (0, 99.9, 100)
EVERY = [
    *((field, function, None) for field in NUMBERS for function in FUNCTIONS[:6]),
    *((field, "distinct", None) for field in NUMBERS),
    *((field, "percentile", p) for field in NUMBERS for p in PERCENTS),
    *((field, function, None) for field in IDS for function in ("count", "distinct")),
]
DIMENSIONS = {"agent_id": Dimension.DIMENSION_AGENT, "status": Dimension.DIMENSION_STATUS}
DIMENSIONS |= {"model": Dimension.DIMENSION_MODEL, "error_type": Dimension.DIMENSION_ERROR_TYPE}


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


def aggregation(field: str, function: str, percent: float | None, **other: Any) -> Aggregation:
    number = Function.Value(f"FUNCTION_{function.upper()}")
    if field in (*IDS, *NUMBERS):
        other["field"] = Field.Value(f"FIELD_{field.upper()}")
    else:
        other["metric_type"] = field
    return Aggregation(function=number, percentile=percent, **other)


def values(asked: Iterable[Any], rows: list[Row]) -> list[Any]:
    return [oracle.calculate(name, oracle.known(rows, f), p or 0) for f, name, p in asked]


def same(found: Any, expected: Any, function: str) -> bool:
    """Deviations alone may differ in how they were rounded on their way."""
    if function == "standard_deviation" and None not in (found, expected):
        return found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    return type(found) is type(expected) and found == expected


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
            assert same(oracle.number(value.value), right, one[1]), (key, one, value, right)
            assert not value.filled


def grouped(rows: list[Row], names: tuple[str, ...], by_day: bool) -> dict[Any, list[Row]]:
    def key(row: Row) -> Any:
        time = row.get("start_time", row.get("timestamp"))
        bucket = oracle.bucket_start(time, "day", ZONE) if by_day else START
        return oracle.labels(row, names), bucket

    return ({} if names or by_day else {(frozenset(), START): []}) | oracle.grouped(rows, key)


@made_up
@given(rows=unique_runs)
async def test_every_function_of_every_field(stubs: Stubs, keys: KeyRing, rows: list[Row]) -> None:
    client = Client.of_new_workspace(stubs, keys)
    await client.record(rows)
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


HOURS = [START.replace(minute=0) + timedelta(hours=n) for n in range(49)]
GAPPED = [("execution", "count", None), ("cost", "sum", None), ("total_tokens", "average", None)]
GAPPED += [
    ("duration", "percentile", 75),
    ("user", "distinct", None),
    ("total_tokens", "sum", None),
]
CHOICES = ("EMPTY", "ZERO", "PREVIOUS", "LINEAR")


def sparse_runs() -> list[Row]:
    """Agents with gaps at both ends and between; some values are unknown where there are runs."""
    at = {"a": {3: 5, 4: None, 9: 25, 40: 1}, "b": {0: None, 1: 7, 48: 70}, "c": {20: None}}
    return [
        run(
            f"{agent}-{hour}",
            max(START, HOURS[hour]),
            agent_id=agent,
            user_id="u",
            cost_usd=number and f"{number}.10",
            input_tokens=number,
            output_tokens=number,
            end_time=number and max(START, HOURS[hour]) + timedelta(seconds=number),
        )
        for agent, hours in at.items()
        for hour, number in hours.items()
    ]


@pytest.fixture
async def sparse(stubs: Stubs, keys: KeyRing) -> Client:
    client = Client.of_new_workspace(stubs, keys)
    await client.record(sparse_runs())
    return client


async def filled(client: Client, choice: str) -> dict[str, list[Any]]:
    answer = await client.aggregates(
        aggregations=[aggregation(*one) for one in GAPPED],
        group_by=[DIMENSIONS["agent_id"]],
        interval=WHOLE,
        granularity=Granularity.GRANULARITY_HOUR,
        gap_fill=GapFill.Value(f"GAP_FILL_{choice}"),
    )
    rows = {agent: [r for r in answer.rows if r.labels["agent_id"] == agent] for agent in "abc"}
    for group in rows.values():
        assert [time_of(row.bucket.start_time) for row in group] == HOURS
    assert len(answer.rows) == 3 * len(HOURS)
    return rows


def columns() -> Iterable[tuple[str, int, str, list[Any], list[bool]]]:
    """For each agent and aggregation: its values without filling, and where there are facts."""
    groups = oracle.grouped(
        sparse_runs(), lambda r: (r["agent_id"], r["start_time"].replace(minute=0))
    )
    for agent, (position, one) in product("abc", enumerate(GAPPED)):
        has_facts = [(agent, hour) in groups for hour in HOURS]
        facts = [
            values([one], groups[agent, hour])[0] if (agent, hour) in groups else None
            for hour in HOURS
        ]
        yield agent, position, one[1], facts, has_facts


def expected_fill(choice: str, column: list[Any], index: int, is_count: bool) -> Any:
    before = [n for n in range(index) if column[n] is not None]
    after = [n for n in range(index + 1, len(column)) if column[n] is not None]
    if choice in ("ZERO", "EMPTY"):
        return 0 if choice == "ZERO" or is_count else None
    if choice == "PREVIOUS":
        return column[before[-1]] if before else None
    if not before or not after:
        return None
    (left, low), (right, high) = ((n, Fraction(column[n])) for n in (before[-1], after[0]))
    return float((low * (right - index) + high * (index - left)) / (right - left))


@pytest.mark.parametrize("choice", CHOICES)
async def test_gaps(sparse: Client, choice: str) -> None:
    found = await filled(sparse, choice)
    for agent, position, function, column, has_facts in columns():
        is_count = function in ("count", "distinct")
        for index, row in enumerate(found[agent]):
            value = oracle.number(row.values[position].value)
            expected = expected_fill(choice, column, index, is_count)
            expected = column[index] if has_facts[index] else expected
            assert (value is None) == (expected is None)
            assert float(value or 0) == pytest.approx(float(expected or 0), rel=1e-12)


@pytest.mark.parametrize("choice", CHOICES)
async def test_what_was_made_up_is_marked(sparse: Client, choice: str) -> None:
    """Absent values and those of facts were not made up."""
    found = await filled(sparse, choice)
    for agent, position, _, _, has_facts in columns():
        marks = [row.values[position].filled for row in found[agent]]
        is_known = [row.values[position].HasField("value") for row in found[agent]]
        assert marks == [
            known and not facts for known, facts in zip(is_known, has_facts, strict=True)
        ]


@pytest.mark.parametrize("choice", ["ZERO", "PREVIOUS"])
async def test_filling_keeps_the_kind(sparse: Client, choice: str) -> None:
    found = await filled(sparse, choice)
    for agent, position, _, column, _ in columns():
        kinds = {row.values[position].value.WhichOneof("kind") for row in found[agent]} - {None}
        assert len(kinds) == 1 or not any(column)


async def test_empty_is_not_zero(sparse: Client) -> None:
    early = interval(START - timedelta(days=2), START - timedelta(days=1))
    answer = await sparse.aggregates(aggregations=[aggregation(*o) for o in GAPPED], interval=early)
    assert [oracle.number(v.value) for v in answer.rows[0].values] == [0, None, None, None, 0, None]


SUM_OF_TOKENS = aggregation("total_tokens", "sum", None)
OF_POINT = aggregation("depth", "sum", None)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "sum of ids": (
        {"aggregations": [aggregation("agent", "sum", None)]},
        "aggregations[0].function",
    ),
    "no percentile": (
        {"aggregations": [aggregation("cost", "percentile", None)]},
        "aggregations[0].percentile",
    ),
    "a percentile of sum": (
        {"aggregations": [aggregation("cost", "sum", 5)]},
        "aggregations[0].percentile",
    ),
    "over 100": (
        {"aggregations": [SUM_OF_TOKENS, aggregation("cost", "percentile", 100.1)]},
        "aggregations[1].percentile",
    ),
    "same names": ({"aggregations": [SUM_OF_TOKENS] * 2}, "aggregations[1].name"),
    "no function": (
        {"aggregations": [Aggregation(field=Field.FIELD_COST)]},
        "aggregations[0].function",
    ),
    "no source": (
        {"aggregations": [Aggregation(function=Function.FUNCTION_SUM)]},
        "aggregations[0].source",
    ),
    "nothing": ({"aggregations": []}, "aggregations"),
    "mixed": ({"aggregations": [SUM_OF_TOKENS, OF_POINT]}, "aggregations"),
    "gaps of nothing": ({"gap_fill": GapFill.GAP_FILL_ZERO}, "gap_fill"),
    "tags of runs": ({"group_by_tags": ["region"]}, "group_by_tags"),
    "filtered tags of runs": ({"filter": Filter(tags=["a=b"])}, "filter.tags"),
    "users of points": (
        {"aggregations": [OF_POINT], "filter": Filter(user_ids=["u"])},
        "filter",
    ),
    "no such zone": ({"time_zone": "Mars/Base"}, "time_zone"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(sparse: Client, case: str) -> None:
    fields, name = REFUSED[case]
    asked = {"aggregations": [SUM_OF_TOKENS], "interval": WHOLE} | fields
    refusal = await refused(sparse.aggregates(**asked))
    assert (refusal.code.name, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
    assert name in refusal.fields


async def test_too_many_rows_are_refused(sparse: Client) -> None:
    """Three agents in 9,999 minutes each."""
    asked = {"aggregations": [SUM_OF_TOKENS], "group_by": [DIMENSIONS["agent_id"]]}
    asked |= {"interval": interval(START, START + timedelta(minutes=9_999))}
    asked |= {"granularity": Granularity.GRANULARITY_MINUTE, "gap_fill": GapFill.GAP_FILL_ZERO}
    refusal = await refused(sparse.aggregates(**asked))
    assert (refusal.code.name, refusal.reason) == ("INVALID_ARGUMENT", "RESULT_TOO_LARGE")


async def test_names(sparse: Client) -> None:
    percents = (95, 99.9, 99.99999)
    asked = [aggregation("duration", "percentile", p) for p in percents]
    asked += [SUM_OF_TOKENS, aggregation("cost", "sum", None, name="spent")]
    answer = await sparse.aggregates(aggregations=asked, interval=WHOLE)
    names = [f"percentile_{p}_duration" for p in percents] + ["sum_total_tokens", "spent"]
    assert [value.name for value in answer.rows[0].values] == names


HUGE = {"sum": (1, 1), "average": (1, 1), "standard_deviation": (-1, 1), "percentile": (-1, 1)}


@pytest.mark.parametrize("function", HUGE)
async def test_huge_points_break_nothing(sparse: Client, function: str) -> None:
    """At the contract's limit of values, and still finite on the way to the answer."""
    await sparse.record_points([point("huge", 1e100 * sign, START) for sign in HUGE[function]])
    percent = 40 if function == "percentile" else None
    asked = [aggregation("huge", function, percent)]
    answer = await sparse.aggregates(aggregations=asked, interval=WHOLE)
    assert math.isfinite(oracle.number(answer.rows[0].values[0].value) or 0)
