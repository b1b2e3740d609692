"""Reliability and error patterns of GetAgentPerformance, against the oracle."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support import oracle
from tests.support.keys import KeyRing
from tests.support.performance_oracle import error_patterns, reliability
from tests.support.runs import Client, Row, run, time_of
from tests.support.stack import Stack
from tests.support.statistics_checks import END, START, WHOLE, assert_most_first, optional


@pytest.fixture
def rows(busy_runs: list[Row]) -> list[Row]:
    return busy_runs


@pytest.fixture
def client(busy: Client) -> Client:
    return busy


@pytest.mark.parametrize("agent", ["agent-a", "agent-b", "agent-c", "agent-new"])
async def test_reliability(client: Client, rows: list[Row], agent: str) -> None:
    now = oracle.within([row for row in rows if row["agent_id"] == agent], START, END)
    found = (await client.performance(agent, interval=WHOLE)).reliability
    availability, recovery, recovered, in_outage = reliability(now)
    assert optional(found, "availability") == (availability and pytest.approx(availability))
    assert optional(found, "mean_time_to_recovery") == recovery
    assert (found.recovered_outages, found.in_outage) == (recovered, in_outage)


def failures() -> list[Row]:
    """Of 23 patterns, 22 of them shared by three runs or more; one is longer than is told."""
    texts = [f"{'xyz'[n % 3] * n} lost, code {{}} at 0xBEEF{{}}, {{uuid}}" for n in range(1, 23)]
    texts = [*texts, "end " * 100 + "{}", "rare {}"]
    return [
        run(
            f"{kind}-{number}",
            START + timedelta(minutes=kind * number),
            status="timed_out" if kind % 2 else "failed",
            error_message=text.format(number, number, uuid=UUID(int=number)),
        )
        for kind, text in enumerate(texts)
        for number in range(2 if text.startswith("rare") else 3 + kind % 4)
    ]


@pytest.mark.parametrize("kinds", [24, 4])
async def test_error_patterns(stack: Stack, keys: KeyRing, kinds: int) -> None:
    """At most twenty are told; of the last four all but the rare one."""
    client = Client.of_new_workspace(stack.stubs, keys)
    rows = [r for r in failures() if int(r["execution_id"].partition("-")[0]) >= 24 - kinds]
    await client.record(rows)
    found = (await client.performance("agent-a", interval=WHOLE)).error_patterns
    expected = error_patterns(rows)
    assert len(expected) == kinds - 1
    assert len(found) == min(20, kinds - 1)
    assert_most_first(found)
    told = {
        (p.message, p.error_type, time_of(p.first_start_time), time_of(p.last_start_time))
        for p in found
    }
    assert told <= expected.keys()
    assert sorted(p.executions for p in found) == sorted(expected.values())[-20:]
