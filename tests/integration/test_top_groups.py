"""CalculateAggregates for those groups only that have most of something, against the oracle."""

from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from shadower.aggregates.v1.aggregates_service_pb2 import CalculateAggregatesResponse

from tests.support import oracle
from tests.support.aggregations import DAY, DIMENSIONS, NUMBERS, START, WHOLE, aggregation
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import Client, Row, point, run
from tests.support.stack import Stubs

FUNCTIONS = ("count", "sum", "average", "minimum", "maximum")
TOPS = (1, 4, 10_000)
# So few values that many groups have the same; and some have none.
COSTS, TOKENS = ("0.5", "1", "1.0", None, None), (0, 7, 7, 10**12, None)
SEED, RUNS = 11, 60
# It has no order, but is told beside the first.
DISTINCT = aggregation("user", "distinct", None)


def drawn(dice: Random, number: int) -> Row:
    start = START + timedelta(minutes=dice.randrange(60))
    return run(
        f"run-{number}",
        start,
        agent_id=f"agent-{dice.randrange(12)}",
        end_time=start + timedelta(seconds=dice.randrange(3)),
        user_id=dice.choice(["ada", "bob", None]),
        model=dice.choice(["m", "n", "o", None]),
        cost_usd=dice.choice(COSTS),
        input_tokens=dice.choice(TOKENS),
        output_tokens=dice.choice(TOKENS),
    )


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    dice = Random(SEED)
    return [drawn(dice, number) for number in range(RUNS)]


@pytest.fixture
async def client(stubs: Stubs, keys: KeyRing, rows: list[Row]) -> Client:
    client = Client.of_new_workspace(stubs, keys)
    await client.record(rows)
    return client


def told(answer: CalculateAggregatesResponse) -> list[tuple[dict[str, str], Any]]:
    return [(dict(row.labels), oracle.number(row.values[0].value)) for row in answer.rows]


def expected(
    rows: list[Row], field: str, function: str, name: str
) -> list[tuple[dict[str, str], Any]]:
    """Every group, those with most first."""
    groups = oracle.grouped(rows, lambda row: oracle.labels(row, (name,)))
    found = [
        (dict(labels), oracle.calculate(function, oracle.known(group, field), 0))
        for labels, group in groups.items()
    ]
    return sorted(found, key=lambda one: (one[1] is None, -(one[1] or 0), one[0].get(name, "")))


@pytest.mark.parametrize("name", ["agent_id", "model", "status"])
async def test_they_are_the_first_of_all(client: Client, rows: list[Row], name: str) -> None:
    for field, function, top in product(NUMBERS, FUNCTIONS, TOPS):
        answer = await client.aggregates(
            aggregations=[
                aggregation(field, function, None),
                aggregation("user", "distinct", None),
            ],
            group_by=[DIMENSIONS[name]],
            interval=WHOLE,
            top_groups=top,
        )
        right = expected(rows, field, function, name)
        assert told(answer) == right[:top], (field, function)
        assert answer.total_groups == len(right)


async def test_all_of_them_are_told_without_a_number(client: Client, rows: list[Row]) -> None:
    asked = {"aggregations": [aggregation("cost", "sum", None)], "interval": WHOLE}
    answer = await client.aggregates(group_by=[DIMENSIONS["agent_id"]], **asked)
    right = expected(rows, "cost", "sum", "agent_id")
    assert sorted(told(answer), key=repr) == sorted(right, key=repr)
    assert not answer.HasField("total_groups")


async def test_of_nothing_there_are_none(stubs: Stubs, keys: KeyRing) -> None:
    answer = await Client.of_new_workspace(stubs, keys).aggregates(
        aggregations=[aggregation("cost", "sum", None)],
        group_by=[DIMENSIONS["agent_id"]],
        interval=WHOLE,
        top_groups=5,
    )
    assert (list(answer.rows), answer.total_groups) == ([], 0)
    assert answer.HasField("total_groups")


async def test_points_by_their_tags(stubs: Stubs, keys: KeyRing) -> None:
    client = Client.of_new_workspace(stubs, keys)
    depths = {"eu": (1.0, 2.0), "us": (5.0,), "ap": (-1.0, 0.5)}
    await client.record_points(
        [
            point("depth", value, START + timedelta(minutes=number), region=region)
            for region, values in depths.items()
            for number, value in enumerate(values)
        ]
    )
    answer = await client.aggregates(
        aggregations=[aggregation("depth", "sum", None)],
        group_by_tags=["region"],
        interval=WHOLE,
        top_groups=2,
    )
    assert told(answer) == [({"region": "us"}, 5.0), ({"region": "eu"}, 3.0)]
    assert answer.total_groups == 3


BY_AGENT = {"group_by": [DIMENSIONS["agent_id"]], "top_groups": 3}
REFUSED: dict[str, dict[str, Any]] = {
    "of one": {"top_groups": 3},
    "in buckets": BY_AGENT | {"granularity": DAY},
    "fewer than none": BY_AGENT | {"top_groups": -1},
    "too many": BY_AGENT | {"top_groups": 10_001},
    "by percentiles": BY_AGENT | {"aggregations": [aggregation("duration", "percentile", 95)]},
    "by distinct users": BY_AGENT | {"aggregations": [DISTINCT]},
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(client: Client, case: str) -> None:
    asked = {"aggregations": [aggregation("cost", "sum", None)], "interval": WHOLE} | REFUSED[case]
    refusal = await refused(client.aggregates(**asked))
    assert (refusal.code.name, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
    assert refusal.fields == ("top_groups",)
