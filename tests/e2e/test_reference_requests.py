"""Requests that references and guides tell people to make are answered as they say."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from shadower.ingest.v1 import ingest_service_pb2 as ingest
from shadower.ingest.v1.execution_pb2 import Execution

from tests.e2e.conftest import WholeWay
from tests.support.recording import FAILED, SUCCEEDED
from tests.support.stack import ROOT

GRAFANA = (ROOT / "docs/how-to/grafana.md").read_text()
QUERIES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", GRAFANA, re.DOTALL)]
COLLECTION = json.loads((ROOT / "docs/reference/shadower.postman_collection.json").read_text())
FROM = datetime(2026, 3, 2, tzinfo=UTC)
TIMES = {"${__from:date:iso}": FROM, "${__to:date:iso}": FROM + timedelta(days=2)}
READS = {
    item["name"]: item["request"]
    for folder in COLLECTION["item"]
    for item in folder["item"]
    if item["request"]["method"] == "GET" and "tream" not in item["name"]
}


@pytest.fixture
async def filled(whole_way: WholeWay, workspace: str) -> str:
    """A workspace with four runs of one agent, one of them failed, three at 25 cents."""
    runs = [
        Execution(
            execution_id=f"run-{number}",
            agent_id="writer",
            status=SUCCEEDED if number else FAILED,
            start_time=FROM + timedelta(hours=2 * number),
            end_time=FROM + timedelta(hours=2 * number, seconds=3),
            cost_usd="0.25" if number else None,
        )
        for number in range(4)
    ]
    request = ingest.RecordExecutionsRequest(workspace_id=workspace, executions=runs)
    metadata = whole_way.keys.metadata(workspace)
    await whole_way.stubs.ingest.RecordExecutions(request, metadata=metadata)
    return workspace


def selected(told: Any, selector: str) -> Any:
    """As Infinity's backend does, by gjson's paths."""
    for name in selector.split("."):
        told = told[int(name)] if isinstance(told, list) else told.get(name)
        if told is None:
            return None
    return told


async def rows_of(way: WholeWay, workspace: str, query: dict[str, Any]) -> list[dict[str, Any]]:
    """What a panel shows."""
    given = ((one["key"], one["value"]) for one in query["url_options"]["params"])
    params = [(key, TIMES[value].isoformat() if value in TIMES else value) for key, value in given]
    url = query["url"].replace("/demo/", f"/{workspace}/")
    reply = await way.http.get(url, params=params, headers=way.bearer(workspace))
    assert reply.status_code == 200, reply.text
    rows = selected(reply.json(), query["root_selector"])
    return [
        {one["text"]: selected(row, one["selector"]) for one in query["columns"]} for row in rows
    ]


async def test_grafana_shows_what_was_recorded(whole_way: WholeWay, filled: str) -> None:
    runs, rates, agents = [await rows_of(whole_way, filled, query) for query in QUERIES]
    assert [(row["time"][:13], float(row["runs"])) for row in runs] == [
        (f"2026-03-02T{2 * number:02}", 1) for number in range(4)
    ]
    assert [(row["time"], row["success rate"]) for row in rates] == [("2026-03-01T23:00:00Z", 0.75)]
    assert agents == [{"agent": "writer", "runs": "4", "success rate": 0.75, "cost in USD": "0.75"}]


@pytest.mark.parametrize("name", sorted(READS))
async def test_a_request_of_the_collection_is_a_good_one(
    whole_way: WholeWay, workspace: str, name: str
) -> None:
    """It may ask for what is not there, or needs a permission; it never breaks the contract."""
    reply = await answered(whole_way, workspace, READS[name])
    assert reply.status_code in (200, 403, 404), reply.text


async def answered(way: WholeWay, workspace: str, request: dict[str, Any]) -> httpx.Response:
    values = {one["key"]: one["value"] for one in COLLECTION["variable"]}
    values |= {"address": "", "workspace_id": workspace}
    url = re.sub(r"{{(\w+)}}", lambda found: values[found[1]], request["url"]["raw"])
    return await way.http.get(url, headers=way.bearer(workspace))
