"""ListAgents in every order and on pages, against the oracle."""

from random import Random
from typing import Any

import pytest
from shadower.agents.v1.agents_service_pb2 import AgentOrder
from shadower.common.v1.filter_pb2 import Filter

from tests.support import exactness, oracle
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import Client, Row, generated_runs, run, time_of
from tests.support.stack import Stack
from tests.support.statistics_checks import END, START, WHOLE, check_statistics, users

ORDERS: dict[str, Any] = {
    "UNSPECIFIED": len,
    "EXECUTIONS": len,
    "SUCCESS_RATE": oracle.success_rate,
    "AVERAGE_DURATION": lambda rows: oracle.metric("duration_avg", rows),
    "TOTAL_TOKENS": lambda rows: oracle.metric("total_tokens", rows),
    "COST": lambda rows: oracle.metric("cost", rows),
    "DISTINCT_USERS": lambda rows: oracle.metric("active_users", rows),
    "LAST_START_TIME": lambda rows: max(row["start_time"] for row in rows),
}
# Of pages of 37 agents.
SIZES = (1, 7, 36, 37, 38)


def values_of(groups: dict[str, list[Row]], order: str) -> dict[str, Any]:
    return {agent: ORDERS[order](group) for agent, group in groups.items()}


def in_order(values: dict[str, Any], ascending: bool) -> list[str]:
    """Unknown values last, equal ones by id."""
    known = sorted(agent for agent, value in values.items() if value is not None)
    known.sort(key=lambda agent: values[agent], reverse=not ascending)
    return known + sorted(agent for agent, value in values.items() if value is None)


@pytest.fixture(scope="module")
def many_agents() -> list[Row]:
    rows = generated_runs(Random(8), 120, START, END - START)
    return [row | {"agent_id": f"agent-{n % 37}"} for n, row in enumerate(rows)]


@pytest.fixture(scope="module")
async def crowd(stack: Stack, keys: KeyRing, many_agents: list[Row]) -> Client:
    filled = Client.of_new_workspace(stack.stubs, keys)
    await filled.record(many_agents)
    return filled


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("order", ORDERS)
async def test_list_of_agents(
    crowd: Client, many_agents: list[Row], order: str, ascending: bool
) -> None:
    query = {
        "interval": WHOLE,
        "ascending": ascending,
        "order_by": AgentOrder.Value(f"AGENT_ORDER_{order}"),
        "filter": Filter(agent_versions=["1", "2"]) if order == "SUCCESS_RATE" else Filter(),
    }
    chosen = [r for r in many_agents if order != "SUCCESS_RATE" or r["agent_version"]]
    groups = oracle.grouped(chosen, lambda row: row["agent_id"])
    whole = list((await crowd.agents(**query)).agents)
    assert [agent.agent_id for agent in whole] == in_order(values_of(groups, order), ascending)
    check_agents(whole, groups)
    for size in SIZES:
        assert await pages_of_agents(crowd, size, query) == whole


@pytest.mark.parametrize("ascending", [False, True])
async def test_order_by_percentile(crowd: Client, many_agents: list[Row], ascending: bool) -> None:
    """By what is told of each agent, and that is near the truth: those that are further from each
    other than two values can be wrong are never swapped."""
    query = {
        "interval": WHOLE,
        "ascending": ascending,
        "order_by": AgentOrder.AGENT_ORDER_P95_DURATION,
    }
    groups = oracle.grouped(many_agents, lambda row: row["agent_id"])
    whole = list((await crowd.agents(**query)).agents)
    told = {agent.agent_id: told_p95(agent) for agent in whole}
    assert [agent.agent_id for agent in whole] == in_order(told, ascending)
    check_agents(whole, groups)
    for size in SIZES:
        assert await pages_of_agents(crowd, size, query) == whole


def told_p95(agent: Any) -> float | None:
    return exactness.seconds(agent.duration.p95) if agent.duration.HasField("p95") else None


def check_agents(whole: list[Any], groups: dict[str, list[Row]]) -> None:
    assert [agent.position for agent in whole] == list(range(1, len(groups) + 1))
    for agent in whole:
        group = groups[agent.agent_id]
        check_statistics(agent, group)
        assert agent.distinct_users == users(group)
        assert time_of(agent.last_start_time) == max(row["start_time"] for row in group)


async def pages_of_agents(client: Client, size: int, query: dict[str, Any]) -> list[Any]:
    found, token = [], ""
    for _ in range(100):
        page = await client.agents(page_size=size, page_token=token, **query)
        found += page.agents
        token = page.next_page_token
        if not token:
            return found
    raise AssertionError("pages do not end")


async def test_page_tokens_of_agents(crowd: Client) -> None:
    token = (await crowd.agents(interval=WHOLE, page_size=1)).next_page_token
    for fields in ({"ascending": True, "page_token": token}, {"page_token": "x"}):
        refusal = await refused(crowd.agents(interval=WHOLE, **fields))
        assert (refusal.code.name, refusal.reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
        assert refusal.fields == ("page_token",)


@pytest.mark.parametrize("ascending", [False, True])
async def test_order_by_cost_is_exact(stack: Stack, keys: KeyRing, ascending: bool) -> None:
    """No float tells these costs apart; decimals do."""
    client = Client.of_new_workspace(stack.stubs, keys)
    costs = {"a": "100000.000000000002", "b": "100000.000000000003", "c": "100000.000000000001"}
    rows = [run(name, START, agent_id=name, cost_usd=cost) for name, cost in costs.items()]
    await client.record(rows)
    query = {"order_by": AgentOrder.AGENT_ORDER_COST, "ascending": ascending, "interval": WHOLE}
    found = [agent.agent_id for agent in await pages_of_agents(client, 1, query)]
    assert found == sorted(costs, key=costs.__getitem__, reverse=not ascending)
