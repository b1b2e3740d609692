"""What the whole way refuses, and that it says so in one shape and stores nothing."""

from typing import Any

import grpc
import psycopg
import pytest
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from tests.e2e.conftest import WholeWay
from tests.e2e.test_whole_way import BATCHES, EVENT, POINT, RUN
from tests.support.errors import refused
from tests.support.stack import Stack

FUTURE = "2099-01-01T00:00:00Z"

BAD_RUNS: dict[str, tuple[dict[str, Any], str]] = {
    "end before start": ({"endTime": "2025-12-31T00:00:00Z"}, "executions[0].end_time"),
    "negative tokens": ({"inputTokens": "-1"}, "executions[0].input_tokens"),
    "far future": ({"startTime": FUTURE}, "executions[0].start_time"),
    "long name": ({"agentId": "a" * 129}, "executions[0].agent_id"),
    "slash in agent": ({"agentId": "a/b"}, "executions[0].agent_id"),
    "unknown enum number": ({"status": 99}, "executions[0].status"),
    "cost as float text": ({"costUsd": "1e-3"}, "executions[0].cost_usd"),
}

GETS: dict[str, tuple[str, dict[str, str], str]] = {
    "end before start": (
        "summary",
        {"interval.startTime": "2026-01-02T00:00:00Z", "interval.endTime": "2026-01-01T00:00:00Z"},
        "interval.end_time",
    ),
    "time zone": ("summary", {"timeZone": "Mars/Olympus"}, "time_zone"),
    "page token": ("agents", {"pageToken": "bm9uc2Vuc2U"}, "page_token"),
    "no metric": ("metrics", {}, "metrics"),
    "negative page": ("agents", {"pageSize": "-1"}, "page_size"),
}

READS = (
    "summary",
    "agents",
    "agents/a/performance",
    "metrics?metrics=executions",
    "metricDescriptors",
    "metrics:stream?metrics=executions",
)


def _fields(body: dict[str, Any]) -> list[str]:
    (info,) = [d for d in body["details"] if d["@type"].endswith("ErrorInfo")]
    assert info["domain"] == "shadower.dev"
    bad = [d for d in body["details"] if d["@type"].endswith("BadRequest")]
    return [violation["field"] for d in bad for violation in d["fieldViolations"]]


def _stored(stack: Stack, workspace: str) -> int:
    with psycopg.connect(stack.database_url) as connection:
        return sum(
            connection.execute(
                f"select count(*) from shadower.{table} where workspace_id = %s", (workspace,)
            ).fetchone()[0]
            for table in ("executions", "metric_points", "events", "execution_keys")
        )


@pytest.mark.parametrize("name", BAD_RUNS)
async def test_a_bad_run_is_named_and_not_stored(
    whole_way: WholeWay, stack: Stack, workspace: str, name: str
) -> None:
    change, field = BAD_RUNS[name]
    answer = await whole_way.http.post(
        f"/v1/workspaces/{workspace}/executions:batch",
        json={"executions": [RUN | change]},
        headers=whole_way.bearer(workspace),
    )
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == 3
    assert field in _fields(answer.json())
    assert _stored(stack, workspace) == 0


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", 1.7e308])
async def test_a_point_must_be_finite(
    whole_way: WholeWay, workspace: str, value: str | float
) -> None:
    answer = await whole_way.http.post(
        f"/v1/workspaces/{workspace}/metricPoints:batch",
        json={"metricPoints": [POINT | {"value": value}]},
        headers=whole_way.bearer(workspace),
    )
    assert answer.status_code == 400, answer.text
    assert set(_fields(answer.json())) == {"metric_points[0].value"}


async def test_an_unknown_name_of_an_enum_is_refused(whole_way: WholeWay, workspace: str) -> None:
    answer = await whole_way.http.post(
        f"/v1/workspaces/{workspace}/events:batch",
        json={"events": [EVENT | {"type": "EVENT_TYPE_NONSENSE"}]},
        headers=whole_way.bearer(workspace),
    )
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == 3


@pytest.mark.parametrize("name", GETS)
async def test_a_bad_question_is_named(whole_way: WholeWay, workspace: str, name: str) -> None:
    path, query, field = GETS[name]
    answer = await whole_way.http.get(
        f"/v1/workspaces/{workspace}/{path}", params=query, headers=whole_way.bearer(workspace)
    )
    assert answer.status_code == 400, answer.text
    assert field in _fields(answer.json())


@pytest.mark.parametrize("path", READS)
async def test_another_workspace_cannot_be_read(
    whole_way: WholeWay, workspace: str, path: str
) -> None:
    bearer = whole_way.bearer("somebody-else")
    answer = await whole_way.http.get(f"/v1/workspaces/{workspace}/{path}", headers=bearer)
    assert answer.status_code == 403, answer.text
    assert answer.json()["code"] == 7


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("spelling", ["workspaceId", "workspace_id"])
async def test_a_query_cannot_say_otherwise_than_the_path(
    whole_way: WholeWay, workspace: str, path: str, spelling: str
) -> None:
    """Neither way round: a good path with a foreign query, or a foreign path with a good query."""
    bearer = whole_way.bearer(workspace)
    joined = "&" if "?" in path else "?"
    for in_path, in_query in ((workspace, "somebody-else"), ("somebody-else", workspace)):
        url = f"/v1/workspaces/{in_path}/{path}{joined}{spelling}={in_query}"
        answer = await whole_way.http.get(url, headers=bearer)
        assert answer.status_code in (400, 403), answer.text


@pytest.mark.parametrize("path", BATCHES)
async def test_a_body_cannot_say_otherwise_than_the_path(
    whole_way: WholeWay, stack: Stack, workspace: str, path: str
) -> None:
    foreign = f"{workspace}-foreign"
    for name in ("workspaceId", "workspace_id"):
        await whole_way.http.post(
            f"/v1/workspaces/{workspace}/{path}",
            json=BATCHES[path] | {name: foreign},
            headers=whole_way.bearer(workspace),
        )
    assert _stored(stack, foreign) == 0


@pytest.mark.parametrize("path", BATCHES)
async def test_another_workspace_cannot_be_written(
    whole_way: WholeWay, stack: Stack, workspace: str, path: str
) -> None:
    answer = await whole_way.http.post(
        f"/v1/workspaces/{workspace}/{path}",
        json=BATCHES[path],
        headers=whole_way.bearer("somebody-else"),
    )
    assert answer.status_code == 403, answer.text
    assert _stored(stack, workspace) == 0


async def test_native_clients_keep_their_status(whole_way: WholeWay, workspace: str) -> None:
    call = whole_way.stubs.workspaces.GetWorkspaceSummary(
        GetWorkspaceSummaryRequest(workspace_id=workspace),
        metadata=whole_way.keys.metadata("somebody-else"),
    )
    refusal = await refused(call)
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "WORKSPACE_DENIED",
    )


async def test_a_batch_over_its_bytes_is_refused(
    whole_way: WholeWay, stack: Stack, workspace: str
) -> None:
    long = {"metadata": {str(i): "x" * 1024 for i in range(60)}}
    runs = [RUN | long | {"executionId": f"run-{i}"} for i in range(80)]
    answer = await whole_way.http.post(
        f"/v1/workspaces/{workspace}/executions:batch",
        json={"executions": runs},
        headers=whole_way.bearer(workspace),
    )
    assert answer.status_code == 400, answer.text
    assert answer.json()["details"][0]["reason"] == "MESSAGE_TOO_LARGE"
    assert _stored(stack, workspace) == 0
