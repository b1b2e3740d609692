"""GetWorkspaceSummary, field by field, against the oracle."""

from datetime import timedelta

import pytest
from shadower.workspaces.v1 import workspace_summary_pb2 as summary_pb

from tests.support import oracle, statistics_oracle
from tests.support.keys import KeyRing
from tests.support.runs import Client, Row, interval, time_of
from tests.support.stack import Stack
from tests.support.statistics_checks import (
    BEFORE,
    END,
    START,
    WHOLE,
    ZONE,
    check_comparisons,
    check_statistics,
    latest_name,
    users,
)

TRENDS = ("executions", "success_rate", "duration_avg", "active_agents", "active_users")
TRENDS += ("total_tokens", "cost", "credits")


@pytest.fixture
def rows(busy_runs: list[Row]) -> list[Row]:
    return busy_runs


@pytest.fixture
def client(busy: Client) -> Client:
    return busy


async def test_summary(client: Client, rows: list[Row]) -> None:
    summary = await client.summary(interval=WHOLE, time_zone=ZONE)
    now, before = oracle.within(rows, START, END), oracle.within(rows, BEFORE, START)
    check_statistics(summary, now)
    assert (summary.interval, summary.previous_interval) == (WHOLE, interval(BEFORE, START))
    check_comparisons(summary.trends, TRENDS, now, before)
    assert summary.active_agents == len({row["agent_id"] for row in now})
    found = summary.active_users
    assert (found.in_interval, found.daily) == (users(rows), users(rows, 1))
    assert (found.weekly, found.monthly) == (users(rows, 7), users(rows, 30))
    days = oracle.grouped(now, lambda r: oracle.bucket_start(r["start_time"], "day", ZONE))
    credits_of = {
        day: oracle.calculate("sum", oracle.known(r, "credits")) for day, r in days.items()
    }
    expected = [
        (day, statistics_oracle.plain(total))
        for day, total in sorted(credits_of.items())
        if total is not None
    ]
    assert [(time_of(day.start_time), day.credits) for day in summary.daily_credits] == expected


async def test_top_agents(client: Client, rows: list[Row]) -> None:
    summary = await client.summary(interval=WHOLE)
    by_agent = oracle.grouped(oracle.within(rows, START, END), lambda row: row["agent_id"])
    ordered = sorted(by_agent.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:10]
    assert list(summary.top_agents) == [
        summary_pb.AgentActivity(
            agent_id=agent,
            agent_name=latest_name(rows, agent),
            executions=len(group),
            success_rate=oracle.success_rate(group),
        )
        for agent, group in ordered
    ]


def efficiency(rows: list[Row]) -> float:
    decided = [row for row in rows if row["status"] in oracle.DECIDED]
    useful = [row for row in decided if row["status"] == "succeeded"]
    return float(sum(oracle.known(useful, "duration")) / sum(oracle.known(decided, "duration")))


async def test_health(stack: Stack, keys: KeyRing, rows: list[Row]) -> None:
    """Over forty days, on some of which nothing ran."""
    client, first = Client.of_new_workspace(stack.stubs, keys), END - timedelta(days=40)
    sparse = [row for row in rows[::30] if row["start_time"] < END]
    await client.record(sparse)
    summary = await client.summary(interval=interval(first, END), time_zone=ZONE)
    now, hours = oracle.within(sparse, first, END), range(40 * 24)
    days = {oracle.bucket_start(row["start_time"], "day", ZONE) for row in now}
    touched = {oracle.bucket_start(END - timedelta(hours=h, seconds=2), "day", ZONE) for h in hours}
    touched.add(oracle.bucket_start(first, "day", ZONE))
    assert 0 < len(days) < len(touched)
    found, stickiness = summary.health_score, users(sparse, 1) / users(sparse, 30)
    assert found.success == oracle.success_rate(now)
    assert found.activity == len(days) / len(touched)
    assert found.engagement == stickiness
    assert found.efficiency == pytest.approx(efficiency(now), rel=1e-15)
    weighed = 0.3 * found.success + 0.25 * (found.activity + found.engagement)
    assert found.score == pytest.approx(weighed + 0.2 * found.efficiency, rel=1e-12)
    level = "HIGH" if stickiness >= 0.5 else "MEDIUM" if stickiness >= 0.2 else "LOW"
    assert summary_pb.EngagementLevel.Name(summary.engagement_level) == f"ENGAGEMENT_LEVEL_{level}"


async def test_nothing_known_is_nothing_said(stack: Stack, keys: KeyRing) -> None:
    summary = await Client.of_new_workspace(stack.stubs, keys).summary(interval=WHOLE)
    assert not summary.HasField("health_score")
    assert summary.engagement_level == summary_pb.ENGAGEMENT_LEVEL_UNSPECIFIED
    assert (summary.executions.total, summary.cost.HasField("cost_usd")) == (0, False)
    check_comparisons(summary.trends, TRENDS, [], [])
