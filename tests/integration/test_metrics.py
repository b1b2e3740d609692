"""GetMetrics against the oracle, on made-up runs and points."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus
from shadower.common.v1.filter_pb2 import Filter
from shadower.metrics.v1.metrics_service_pb2 import PointStatistic

from tests.support import exactness, oracle
from tests.support.metric_queries import DIMENSIONS, END, START, WHOLE, cut, listed
from tests.support.oracle import Row
from tests.support.runs import Client, interval

GROUPS: list[tuple[str, ...]] = [
    (),
    *((name,) for name in DIMENSIONS),
    ("model", "status", "user_id"),
]
SUCCEEDED = ExecutionStatus.EXECUTION_STATUS_SUCCEEDED
FILTERS: dict[str, tuple[Filter, Any]] = {
    "none": (Filter(), lambda _: True),
    "agents": (Filter(agent_ids=["agent-a", "x"]), lambda r: r["agent_id"] == "agent-a"),
    "version": (Filter(agent_versions=["2"]), lambda r: r["agent_version"] == "2"),
    "users": (Filter(user_ids=["ü-3", "u-1"]), lambda r: r["user_id"] in ("ü-3", "u-1")),
    "provider": (Filter(providers=["p-1"]), lambda r: r["provider"] == "p-1"),
    "both": (
        Filter(models=["m-1"], statuses=[SUCCEEDED]),
        lambda r: (r["model"], r["status"]) == ("m-1", "succeeded"),
    ),
    "errors": (
        Filter(error_types=[ErrorType.ERROR_TYPE_TIMEOUT, ErrorType.ERROR_TYPE_UNKNOWN]),
        lambda r: oracle.error_type(r) in ("timeout", "unknown"),
    ),
    "nobody": (Filter(user_ids=["nobody"]), lambda _: False),
}
TAG_FILTERS: list[tuple[list[str], Any]] = [
    ([], lambda _: True),
    (["region=eu", "region=us"], lambda row: "region" in row["tags"]),
    (["region=us", "az=ü=1"], lambda row: "az" in row["tags"]),
    (["region=eu", "az=ü=1"], lambda _: False),
]
CUTS = [None, ("hour", "Asia/Kolkata"), ("day", "Europe/Berlin"), ("week", "UTC")]
CUTS += [("month", "America/New_York"), ("day", "Australia/Lord_Howe")]


@pytest.fixture
def rows(measured_runs: list[Row]) -> list[Row]:
    return measured_runs


@pytest.fixture
def points(measured_points: list[Row]) -> list[Row]:
    return measured_points


@pytest.fixture
def client(measured: Client) -> Client:
    return measured


async def built_in(client: Client) -> list[str]:
    """The names of all built-in metrics."""
    metrics = (await listed(client, page_size=1000)).metrics
    return [metric.name for metric in metrics if metric.unit]


def groups_of(rows: Iterable[Row], names: tuple[str, ...], choice: tuple[str, str] | None) -> Any:
    """Rows by type of point, labels and bucket; all in one if nothing groups them."""

    def key(row: Row) -> Any:
        time = row.get("start_time", row.get("timestamp"))
        bucket = oracle.bucket_start(time, *choice) if choice else START
        return row.get("metric_type", ""), oracle.labels(row, names), bucket

    chosen = oracle.within(rows, START, END)
    empty = {} if names or choice else {("", frozenset(), START): []}
    return empty | oracle.grouped(chosen, key)


def known(values: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in values.items() if value is not None}


@pytest.mark.parametrize("choice", CUTS, ids=str)
@pytest.mark.parametrize("group_by", GROUPS, ids="+".join)
async def test_built_in(
    client: Client, rows: list[Row], choice: tuple[str, str] | None, group_by: tuple[str, ...]
) -> None:
    names = await built_in(client)
    for narrow, passes in FILTERS.values() if choice in CUTS[::3] else [FILTERS["none"]]:
        found: dict[Any, Any] = {}
        for part in (names[:20], names[20:]):
            answer = await client.metrics(
                metrics=part,
                interval=WHOLE,
                filter=narrow,
                group_by=[DIMENSIONS[name] for name in group_by],
                page_size=10_000,
                **cut(choice),
            )
            assert not answer.next_page_token
            order = [part.index(one.metric) for one in answer.time_series]
            assert order == sorted(order)
            found |= oracle.answered(answer.time_series)
        groups = groups_of(filter(passes, rows), group_by, choice)
        expected = {
            (name, labels, bucket): oracle.metric(name, group)
            for (_, labels, bucket), group in groups.items()
            for name in names
        }
        assert found == exactness.series(known(expected))


def statistic_of(name: str, points: list[Row]) -> float | int:
    function = name.removeprefix("POINT_STATISTIC_").lower()
    if function == "latest":
        return max(points, key=lambda row: (row["timestamp"], row["value"]))["value"]
    function = "average" if function == "unspecified" else function
    return oracle.calculate(function, [row["value"] for row in points])


@pytest.mark.parametrize("statistic", PointStatistic.keys())
@pytest.mark.parametrize("tags", [(), ("region",), ("region", "az")])
@pytest.mark.parametrize("choice", [None, ("day", "Asia/Kolkata")], ids=str)
async def test_points(
    client: Client,
    points: list[Row],
    statistic: str,
    tags: tuple[str, ...],
    choice: tuple[str, str] | None,
) -> None:
    for narrow, passes in TAG_FILTERS:
        answer = await client.metrics(
            metrics=["queue.depth", "never", "Temp"],
            interval=WHOLE,
            filter=Filter(tags=narrow),
            group_by_tags=tags,
            point_statistic=PointStatistic.Value(statistic),
            **cut(choice),
        )
        groups = groups_of(filter(passes, points), tags, choice)
        expected = {key: statistic_of(statistic, group) for key, group in groups.items() if group}
        assert oracle.answered(answer.time_series) == expected


async def test_nothing_happened(client: Client) -> None:
    early = interval(START - timedelta(days=9), START - timedelta(days=8))
    answer = await client.metrics(metrics=["success_rate", "executions", "cost"], interval=early)
    assert [(one.metric, one.points[0].value.integer) for one in answer.time_series] == [
        ("executions", 0)
    ]
