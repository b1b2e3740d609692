"""Who comes in at the edge of the whole stack, with what, and how often."""

import asyncio
import time
from typing import Any

import grpc
import httpx
import pytest
from shadower.access.v1 import access_service_pb2 as access
from shadower.common.v1 import limit_class_pb2
from shadower.limits.v1 import limit_pb2
from shadower.limits.v1 import limits_service_pb2 as limits
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest

from tests.e2e.conftest import WholeWay
from tests.support.errors import refused
from tests.support.waiting import until

SECONDS = 4


def reason_of(reply: httpx.Response) -> str:
    [info] = [one for one in reply.json()["details"] if one["@type"].endswith("ErrorInfo")]
    return str(info["reason"])


@pytest.fixture
async def made(whole_way: WholeWay, workspace: str) -> access.CreateApiKeyResponse:
    request = access.CreateApiKeyRequest(workspace_id=workspace, display_name="robot")
    metadata = whole_way.keys.metadata(workspace)
    made: access.CreateApiKeyResponse = await whole_way.stubs.access.CreateApiKey(
        request, metadata=metadata
    )
    return made


def bearing(secret: str) -> list[dict[str, str]]:
    return [{"authorization": f"Bearer {secret}"}, {"x-api-key": secret}]


async def test_a_key_opens_json_and_grpc_and_only_its_workspace(
    whole_way: WholeWay, workspace: str, made: access.CreateApiKeyResponse
) -> None:
    for headers in bearing(made.secret):
        path = "/v1/workspaces/{}/metricDescriptors"
        reply = await whole_way.http.get(path.format(workspace), headers=headers)
        assert reply.status_code == 200, reply.text
        other = await whole_way.http.get(path.format("other"), headers=headers)
        assert (other.status_code, reason_of(other)) == (403, "WORKSPACE_DENIED")
        request = ListMetricsRequest(workspace_id=workspace)
        assert await whole_way.stubs.metrics.ListMetrics(request, metadata=tuple(headers.items()))


async def test_a_key_that_is_none_is_refused_in_the_caller_s_words(
    whole_way: WholeWay, workspace: str, made: access.CreateApiKeyResponse
) -> None:
    wrong = made.secret[:-4] + "AAAA"
    for headers in bearing(wrong):
        path = f"/v1/workspaces/{workspace}/metricDescriptors"
        reply = await whole_way.http.get(path, headers=headers)
        assert (reply.status_code, reason_of(reply)) == (401, "API_KEY_INVALID")
        assert reply.headers["x-content-type-options"] == "nosniff"
        call = whole_way.stubs.metrics.ListMetrics(
            ListMetricsRequest(workspace_id=workspace), metadata=tuple(headers.items())
        )
        found = await refused(call)
        assert (found.code, found.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")


async def test_a_deleted_key_opens_nothing_any_more(
    whole_way: WholeWay, workspace: str, made: access.CreateApiKeyResponse
) -> None:
    path = f"/v1/workspaces/{workspace}/metricDescriptors"
    headers = {"x-api-key": made.secret}
    assert (await whole_way.http.get(path, headers=headers)).status_code == 200
    request = access.DeleteApiKeyRequest(workspace_id=workspace, api_key_id=made.api_key.api_key_id)
    await whole_way.stubs.access.DeleteApiKey(request, metadata=whole_way.keys.metadata(workspace))

    async def is_refused() -> bool:
        return (await whole_way.http.get(path, headers=headers)).status_code == 401

    await until(is_refused)


async def set_limit(whole_way: WholeWay, workspace: str, name: str, amount: int) -> None:
    """Of the workspace as a whole, in some seconds."""
    operator = whole_way.keys.metadata(workspace, permissions=["limits:write"])
    request = limits.UpdateLimitRequest(
        workspace_id=workspace,
        limit_class=limit_class_pb2.LimitClass.Value(f"LIMIT_CLASS_{name}"),
        scope=limit_pb2.LIMIT_SCOPE_WORKSPACE,
        amount=amount,
    )
    request.period.FromSeconds(SECONDS)
    await whole_way.stubs.limits.UpdateLimit(request, metadata=operator)


async def test_json_and_grpc_share_a_budget_and_are_told_when_to_come_back(
    whole_way: WholeWay, workspace: str
) -> None:
    await set_limit(whole_way, workspace, "DASHBOARDS", 3)
    path, headers = f"/v1/workspaces/{workspace}/summary", whole_way.bearer(workspace)
    await asyncio.sleep(1.5)
    replies = [await whole_way.http.get(path, headers=headers) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["2", "1", "0", "0"]
    last = replies[-1]
    assert (reason_of(last), last.json()["code"]) == ("RATE_LIMITED", 8)
    assert "x-shadower-reason" not in last.headers
    wait = int(last.headers["retry-after"])
    assert {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait}s"} in [
        one for one in last.json()["details"] if one["@type"].endswith("RetryInfo")
    ]
    metadata = whole_way.keys.metadata(workspace)
    found = await refused(
        whole_way.stubs.metrics.ListMetrics(
            ListMetricsRequest(workspace_id=workspace),
            metadata=(*metadata, ("x-shadower-workspace", workspace)),
        )
    )
    assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert found.retry_seconds
    began = time.monotonic()
    await asyncio.sleep(found.retry_seconds)
    assert (await whole_way.http.get(path, headers=headers)).status_code == 200
    assert time.monotonic() - began < SECONDS + 2


async def test_a_header_does_not_move_the_charge_elsewhere(
    whole_way: WholeWay, workspace: str
) -> None:
    other = f"{workspace}-2"
    for names in ((other,), (other, workspace), (workspace, other)):
        named = tuple(("x-shadower-workspace", name) for name in names)
        call: Any = whole_way.stubs.metrics.ListMetrics(
            ListMetricsRequest(workspace_id=workspace),
            metadata=(*whole_way.keys.metadata(workspace, other), *named),
        )
        assert (await refused(call)).reason == "WORKSPACE_CONTRADICTED"
