"""GetMetrics and ListMetrics against the oracle, on made-up runs and points."""

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest, PointStatistic

from tests.support import oracle
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.oracle import Row
from tests.support.runs import Client, generated_runs, interval, point, run, time_of
from tests.support.stack import Stack

# Both clock changes of Berlin lie in it; it begins and ends in the middle of everything.
START, END = datetime(2025, 3, 29, 10, 30, 15, tzinfo=UTC), datetime(2025, 11, 2, 7, 1, tzinfo=UTC)
WHOLE = interval(START, END)
DIMENSIONS = {
    "agent_id": Dimension.DIMENSION_AGENT,
    "agent_version": Dimension.DIMENSION_AGENT_VERSION,
    "user_id": Dimension.DIMENSION_USER,
    "model": Dimension.DIMENSION_MODEL,
    "provider": Dimension.DIMENSION_PROVIDER,
    "status": Dimension.DIMENSION_STATUS,
    "error_type": Dimension.DIMENSION_ERROR_TYPE,
}
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


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    outside = [run("before", START - oracle.MICROSECOND), run("at-end", END)]
    inside = [run("at-start", START), run("last", END - oracle.MICROSECOND)]
    return [*outside, *inside, *generated_runs(Random(1), 400, START, END - START)]


@pytest.fixture(scope="module")
def points() -> list[Row]:
    """Values are multiples of 1/8, so that sums do not depend on their order."""
    random = Random(2)
    times = [START + timedelta(hours=random.randrange(5_000)) for _ in range(60)]
    regions: list[dict[str, str]] = [{}, {"region": "eu"}, {"region": "us", "az": "ü=1"}]
    return [
        point(kind, random.randrange(-800, 800) / 8, random.choice(times), **random.choice(regions))
        for kind in ("queue.depth", "Temp") * 150
    ]


@pytest.fixture(scope="module")
async def client(stack: Stack, keys: KeyRing, rows: list[Row], points: list[Row]) -> Client:
    filled = Client.of_new_workspace(stack.stubs, keys)
    assert (await filled.record(rows))["stored"] == len(rows)
    assert (await filled.record_points(points))["stored"] == len(points)
    return filled


async def built_in(client: Client) -> list[str]:
    """The names of all built-in metrics."""
    metrics = (await listed(client, page_size=1000)).metrics
    return [metric.name for metric in metrics if metric.unit]


async def listed(client: Client, **fields: Any) -> Any:
    request = ListMetricsRequest(workspace_id=client.workspace, **fields)
    return await client.stubs.metrics.ListMetrics(request, metadata=client.metadata)


def cut(choice: tuple[str, str] | None) -> dict[str, Any]:
    if choice is None:
        return {}
    name = f"GRANULARITY_{choice[0].upper()}"
    return {"granularity": Granularity.Value(name), "time_zone": choice[1]}


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


def approximate(values: dict[Any, Any]) -> dict[Any, Any]:
    """Deviations are sums of rounded squares, in whatever order."""
    return {
        key: pytest.approx(value, rel=1e-12) if "stddev" in key[0] else value
        for key, value in values.items()
    }


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
        assert found == approximate(known(expected))


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


PAGED: list[dict[str, Any]] = [
    {"metrics": ["success_rate", "executions", "cost"], "group_by": [DIMENSIONS["model"]]},
    {"metrics": ["queue.depth", "executions", "Temp", "running"], **cut(("month", "UTC"))},
    {"metrics": ["Temp", "queue.depth"], "group_by_tags": ["region"], **cut(("week", "UTC"))},
    {"metrics": ["executions", "active_users"]},
]


async def pages(client: Client, size: int, **fields: Any) -> list[Any]:
    found, token = [], ""
    for _ in range(1000):
        page = await client.metrics(page_size=size, page_token=token, **fields)
        found.append(page)
        token = page.next_page_token
        if not token:
            return found
    raise AssertionError("pages do not end")


@pytest.mark.parametrize("fields", PAGED, ids=lambda fields: "+".join(fields["metrics"]))
async def test_pages_together_are_the_whole(client: Client, fields: dict[str, Any]) -> None:
    whole = await client.metrics(interval=WHOLE, page_size=10_000, **fields)
    expected = oracle.answered(whole.time_series)
    for size in (1, 2, 3, 5, 7, len(expected), len(expected) + 1):
        found = await pages(client, size, interval=WHOLE, **fields)
        series = [one for page in found for one in page.time_series]
        assert oracle.answered(series) == expected
        assert {page.interval.start_time.seconds for page in found} == {START.timestamp() // 1}


async def test_pages_stay_stable_while_runs_arrive(stack: Stack, keys: KeyRing) -> None:
    """The interval is that of the first page, though none is given."""
    client, random = Client.of_new_workspace(stack.stubs, keys), Random(3)
    first = datetime.now(UTC) - timedelta(days=6)
    arriving = generated_runs(random, 400, first, timedelta(days=6))
    await client.record(arriving[:100])
    query = {"metrics": ["executions"], "group_by": [DIMENSIONS["user_id"]], **cut(("hour", "UTC"))}
    before = oracle.answered((await client.metrics(**query)).time_series)
    series, token, intervals = [], "", set()
    for number in range(100, 400, 10):
        page = await client.metrics(page_size=9, page_token=token, **query)
        series += page.time_series
        intervals.add(page.interval.SerializeToString())
        token = page.next_page_token
        if not token:
            break
        await client.record(arriving[number : number + 10])
    assert not token
    assert len(intervals) == 1
    assert oracle.answered(series).keys() >= before.keys()


def forged(token: str, position: Any) -> str:
    content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    text = json.dumps([*content[:2], position])
    return base64.urlsafe_b64encode(text.encode()).decode()


async def outcome(client: Client, **fields: Any) -> Any:
    """How a call was refused."""
    refusal = await refused(client.metrics(**fields))
    return refusal.code.name, refusal.reason, refusal.fields


INVALID_TOKEN = ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID", ("page_token",))
BY_MODEL = {"metrics": ["executions"], "interval": WHOLE, "group_by": [DIMENSIONS["model"]]}


async def test_page_tokens_of_other_queries_are_refused(client: Client) -> None:
    token = (await client.metrics(page_size=1, **BY_MODEL)).next_page_token
    others = [{"metrics": ["running"]}, {"interval": interval(START, END - oracle.MICROSECOND)}]
    for other in [*others, {"filter": Filter(models=["m-1"])}, {"time_zone": "UTC"}]:
        assert await outcome(client, page_token=token, **BY_MODEL | other) == INVALID_TOKEN
    same_query = await client.metrics(page_token=token, page_size=5, **BY_MODEL)
    assert same_query.time_series


@pytest.mark.parametrize("token", ["x", "ü", "bnVsbA", "W10", "[" * 3000], ids=lambda t: t[:8])
async def test_malformed_page_tokens_are_refused(client: Client, token: str) -> None:
    text = base64.urlsafe_b64encode(token.encode()).decode() if "[" in token else token
    assert await outcome(client, page_token=text, **BY_MODEL) == INVALID_TOKEN


FORGED = [[], ["0", []], [0, [5]], [0, ["m-1", 7]], [0, ["m\x00"]], [0, [2**70]], [7, []], [-1, []]]


@pytest.mark.parametrize("position", FORGED, ids=str)
async def test_forged_page_tokens_are_refused(client: Client, position: list[Any]) -> None:
    token = forged((await client.metrics(page_size=1, **BY_MODEL)).next_page_token, position)
    assert await outcome(client, page_token=token, **BY_MODEL) == INVALID_TOKEN


async def test_nothing_happened(client: Client) -> None:
    early = interval(START - timedelta(days=9), START - timedelta(days=8))
    answer = await client.metrics(metrics=["success_rate", "executions", "cost"], interval=early)
    assert [(one.metric, one.points[0].value.integer) for one in answer.time_series] == [
        ("executions", 0)
    ]


async def test_list_metrics(client: Client) -> None:
    whole = list((await listed(client)).metrics)
    assert [metric.name for metric in whole][-2:] == ["Temp", "queue.depth"]
    assert all(metric.meaning and metric.kind for metric in whole)
    for size in (1, 7, len(whole)):
        found, token = [], ""
        for _ in range(len(whole)):
            page = await listed(client, page_size=size, page_token=token)
            found += page.metrics
            token = page.next_page_token
            if not token:
                break
        assert (found, token) == (whole, "")


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
