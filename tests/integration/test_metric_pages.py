"""Pages of GetMetrics and ListMetrics: together the whole, stable, and of one query."""

import base64
import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from shadower.common.v1.filter_pb2 import Filter

from tests.support import oracle
from tests.support.keys import KeyRing
from tests.support.metric_queries import DIMENSIONS, END, START, WHOLE, cut, listed, outcome
from tests.support.runs import Client, generated_runs, interval
from tests.support.stack import Stack

PAGED: list[dict[str, Any]] = [
    {"metrics": ["success_rate", "executions", "cost"], "group_by": [DIMENSIONS["model"]]},
    {"metrics": ["queue.depth", "executions", "Temp", "running"], **cut(("month", "UTC"))},
    {"metrics": ["Temp", "queue.depth"], "group_by_tags": ["region"], **cut(("week", "UTC"))},
    {"metrics": ["executions", "active_users"]},
]


@pytest.fixture
def client(measured: Client) -> Client:
    return measured


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


INVALID_TOKEN = ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID", ("page_token",))
BY_MODEL = {"metrics": ["executions"], "interval": WHOLE, "group_by": [DIMENSIONS["model"]]}


async def test_page_tokens_of_other_queries_are_refused(client: Client) -> None:
    token = (await client.metrics(page_size=1, **BY_MODEL)).next_page_token
    others = [{"metrics": ["running"]}, {"interval": interval(START, END - oracle.MICROSECOND)}]
    for other in [*others, {"filter": Filter(models=["m-1"])}, {"time_zone": "Asia/Tokyo"}]:
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
