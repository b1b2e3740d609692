"""Tokens sealed by someone who has read our source: refused by what they say, not by their seal."""

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from shadower.agents.v1.agents_service_pb2 import AGENT_ORDER_COST, ListAgentsRequest
from shadower.common.v1.dimension_pb2 import DIMENSION_MODEL
from shadower.common.v1.granularity_pb2 import GRANULARITY_DAY
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest, StreamMetricsRequest

from services.metrics.cursor import Cursor, write_cursor
from services.translation.pages import write_token
from services.warehouse.queries.interval import Interval
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.stack import Stubs

SPAN = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))

AGENT_PLACES: list[list[Any]] = [
    ["abc", "x"],
    [[], "x"],
    [{}, "x"],
    [True, "x"],
    [1.5, 7],
    [1.5],
    [],
    [1.5, "x", "y"],
]
COST_PLACES: list[list[Any]] = [[1.5, "x"], ["1e999999", "x"], ["NaN", "x"], ["", "x"]]
METRIC_PLACES: list[list[Any]] = [
    [0, ["a", "b"]],
    [0, ["a"]],
    [0, [1, "a"]],
    [0, ["a", -1]],
    [0, ["a", 2**40]],
    [0, ["a", None]],
    [-1, []],
    [99, []],
    [True, "x"],
    ["0", []],
]


@pytest.mark.parametrize("place", AGENT_PLACES, ids=repr)
async def test_a_place_in_the_list_of_agents(
    stubs: Stubs, keys: KeyRing, workspace: str, place: list[Any]
) -> None:
    request = ListAgentsRequest(workspace_id=workspace)
    await _check(stubs.agents.ListAgents, request, place, keys.metadata(workspace))


@pytest.mark.parametrize("place", COST_PLACES, ids=repr)
async def test_a_place_in_the_order_of_cost(
    stubs: Stubs, keys: KeyRing, workspace: str, place: list[Any]
) -> None:
    request = ListAgentsRequest(workspace_id=workspace, order_by=AGENT_ORDER_COST)
    await _check(stubs.agents.ListAgents, request, place, keys.metadata(workspace))


@pytest.mark.parametrize("place", METRIC_PLACES, ids=repr)
async def test_a_place_among_metrics(
    stubs: Stubs, keys: KeyRing, workspace: str, place: list[Any]
) -> None:
    request = GetMetricsRequest(
        workspace_id=workspace,
        metrics=["executions"],
        group_by=[DIMENSION_MODEL],
        granularity=GRANULARITY_DAY,
    )
    await _check(stubs.metrics.GetMetrics, request, place, keys.metadata(workspace))


@pytest.mark.parametrize("revision", [10**30, -1, None])
async def test_a_cursor(stubs: Stubs, keys: KeyRing, workspace: str, revision: int | None) -> None:
    request = StreamMetricsRequest(workspace_id=workspace, metrics=["executions"])
    request.cursor = write_cursor(request, Cursor(SPAN.start, revision))
    call = stubs.metrics.StreamMetrics(request, metadata=keys.metadata(workspace))
    refusal = await refused(call.read())
    assert (refusal.reason, refusal.fields) == ("PAGE_TOKEN_INVALID", ("cursor",))


async def _check(rpc: Any, request: Any, place: list[Any], metadata: Any) -> None:
    request.page_token = write_token(request, SPAN, place)
    refusal = await refused(rpc(request, metadata=metadata))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (refusal.reason, refusal.fields) == ("PAGE_TOKEN_INVALID", ("page_token",))
