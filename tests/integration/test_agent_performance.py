"""GetAgentPerformance, field by field, against the oracle."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shadower.agents.v1 import agent_performance_pb2 as pb
from shadower.common.v1.granularity_pb2 import Granularity

from tests.support import oracle, statistics_oracle
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.performance_oracle import enum_of, peak, rank, seconds
from tests.support.runs import Client, Row, interval, run, time_of
from tests.support.stack import Stack
from tests.support.statistics_checks import (
    BEFORE,
    END,
    START,
    WHOLE,
    ZONE,
    assert_most_first,
    check_comparisons,
    check_statistics,
    latest_name,
    optional,
    users,
)

AGAINST_PREVIOUS = ("executions", "success_rate", "duration_avg", "duration_p95", "total_tokens")
AGAINST_PREVIOUS += ("cost", "user_rating")
AGAINST_WORKSPACE = ("success_rate", "duration_avg", "total_tokens_avg", "cost_avg")


@pytest.fixture
def rows(busy_runs: list[Row]) -> list[Row]:
    return busy_runs


@pytest.fixture
def client(busy: Client) -> Client:
    return busy


@pytest.mark.parametrize("agent", ["agent-a", "agent-b", "agent-c", "agent-new"])
async def test_performance_of_runs(client: Client, rows: list[Row], agent: str) -> None:
    mine = [row for row in rows if row["agent_id"] == agent]
    now, before = oracle.within(mine, START, END), oracle.within(mine, BEFORE, START)
    found = await client.performance(agent, interval=WHOLE, time_zone=ZONE)
    assert (found.agent_id, found.agent_name) == (agent, latest_name(rows, agent))
    assert (found.interval, found.previous_interval) == (WHOLE, interval(BEFORE, START))
    check_statistics(found, now)
    everyone = oracle.within(rows, START, END)
    check_comparisons(found.against_workspace, AGAINST_WORKSPACE, now, everyone)
    check_comparisons(found.against_previous, AGAINST_PREVIOUS, now, before)
    assert found.distinct_users == users(mine)
    ratings = oracle.known(now, "user_rating")
    assert list(found.ratings.grades) == [ratings.count(grade) for grade in range(1, 6)]
    assert found.ratings.count == len(ratings)
    assert optional(found.ratings, "average") == oracle.calculate("average", ratings)
    hours = seconds(END - START) / 3600
    assert found.throughput.executions_per_hour == pytest.approx(len(now) / hours, rel=1e-15)
    assert found.throughput.executions_per_day == pytest.approx(len(now) / hours * 24, rel=1e-15)
    assert found.throughput.peak_concurrency == peak(mine, START, END)


async def test_parts_of_performance(client: Client, rows: list[Row]) -> None:
    mine = [row for row in rows if row["agent_id"] == "agent-a"]
    now = oracle.within(mine, START, END)
    found = await client.performance("agent-a", interval=WHOLE, time_zone=ZONE)
    models = oracle.grouped(now, lambda row: row["model"] or "")
    assert list(found.models) == [
        pb.ModelUsage(
            model=model,
            executions=len(group),
            success_rate=oracle.success_rate(group),
            tokens=statistics_oracle.tokens(group),
            cost=statistics_oracle.costs(group),
        )
        for model, group in sorted(models.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    errors = Counter(name for row in now if (name := oracle.error_type(row)))
    shares = {(enum_of(name), n, n / errors.total()) for name, n in errors.items()}
    assert {(e.error_type, e.executions, e.share) for e in found.errors} == shares
    assert_most_first(found.errors)
    cells = Counter((t.isoweekday(), t.hour) for t in local_starts(now))
    assert {(c.weekday, c.hour): c.executions for c in found.usage} == cells
    by_user = oracle.grouped([row for row in now if row["user_id"]], lambda r: r["user_id"])
    told = [(u.user_id, u.executions, time_of(u.last_start_time)) for u in found.top_users]
    last = {user: max(row["start_time"] for row in group) for user, group in by_user.items()}
    ordered = sorted(by_user.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:10]
    assert told == [(user, len(group), last[user]) for user, group in ordered]


def local_starts(rows: list[Row], zone: str = ZONE) -> list[datetime]:
    return [row["start_time"].astimezone(ZoneInfo(zone)) for row in rows]


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"]
)
async def test_usage_by_clocks_that_do_not_strike_with_ours(
    client: Client, rows: list[Row], zone: str
) -> None:
    mine = [row for row in rows if row["agent_id"] == "agent-a"]
    now = oracle.within(mine, START, END)
    found = await client.performance("agent-a", interval=WHOLE, time_zone=zone)
    cells = Counter((t.isoweekday(), t.hour) for t in local_starts(now, zone))
    assert {(c.weekday, c.hour): c.executions for c in found.usage} == cells


@pytest.mark.parametrize(("hours", "granularity"), [(48, "hour"), (49, "day")])
async def test_trend(client: Client, rows: list[Row], hours: int, granularity: str) -> None:
    end = START + timedelta(hours=hours)
    trend = (
        await client.performance("agent-b", interval=interval(START, end), time_zone=ZONE)
    ).trend
    assert Granularity.Name(trend.granularity) == f"GRANULARITY_{granularity.upper()}"
    now = oracle.within([row for row in rows if row["agent_id"] == "agent-b"], START, end)
    groups = oracle.grouped(now, lambda r: oracle.bucket_start(r["start_time"], granularity, ZONE))
    assert list(trend.points) == [
        pb.TrendPoint(
            start_time=start,
            executions=len(group),
            success_rate=oracle.success_rate(group),
            average_duration=statistics_oracle.durations(group).average
            if oracle.known(group, "duration")
            else None,
            total_tokens=oracle.metric("total_tokens", group),
            cost_usd=statistics_oracle.plain(oracle.metric("cost", group)),
        )
        for start, group in sorted(groups.items())
    ]


async def test_standing(client: Client, rows: list[Row]) -> None:
    by_agent = oracle.grouped(oracle.within(rows, START, END), lambda row: row["agent_id"])
    counts = {agent: len(group) for agent, group in by_agent.items()}
    rates = {agent: oracle.success_rate(group) for agent, group in by_agent.items()}
    paces = {agent: oracle.metric("duration_avg", group) for agent, group in by_agent.items()}
    paces = {agent: None if pace is None else -pace for agent, pace in paces.items()}
    rated = [rate for rate in rates.values() if rate is not None]
    for agent, group in by_agent.items():
        found = (await client.performance(agent, interval=WHOLE)).standing
        assert (found.agents, found.executions_rank) == (
            len(by_agent),
            rank(len(group), list(counts.values())),
        )
        assert optional(found, "success_rate_rank") == rank(rates[agent], list(rates.values()))
        assert optional(found, "duration_rank") == rank(paces[agent], list(paces.values()))
        lower = rates[agent] and sum(rate < rates[agent] for rate in rated) / (len(rated) - 1)
        assert optional(found, "success_rate_percentile") == lower


@pytest.mark.parametrize(
    ("status", "lasted", "tokens", "expected"),
    [
        ("succeeded", 30, 5000, {}),
        ("succeeded", 31, 5001, {"SLOW": 31.0, "TOKEN_HUNGRY": 5001.0}),
        ("failed", 1, None, {"ERROR_PRONE": 1.0, "LOW_SUCCESS": 0.0}),
        ("cancelled", 1, 0, {}),
    ],
)
async def test_hints(  # noqa: PLR0917 - a case has many parts
    stack: Stack, keys: KeyRing, status: str, lasted: int, tokens: int | None, expected: Any
) -> None:
    client, end = Client.of_new_workspace(stack.stubs, keys), START + timedelta(seconds=lasted)
    fields = {"status": status, "end_time": end, "input_tokens": tokens, "output_tokens": 0}
    await client.record([run("r", START, **fields)])
    found = (await client.performance("agent-a", interval=WHOLE)).hints
    told = {pb.HintKind.Name(hint.kind).removeprefix("HINT_KIND_"): hint.value for hint in found}
    assert told == expected
    thresholds = {"SLOW": 30, "TOKEN_HUNGRY": 5000, "ERROR_PRONE": 0.05, "LOW_SUCCESS": 0.90}
    assert [hint.threshold for hint in found] == [thresholds[name] for name in told]


async def test_agents_that_did_not_run(client: Client) -> None:
    found = await client.performance("agent-idle", interval=WHOLE)
    assert (found.agent_name, found.executions.total, found.distinct_users) == ("Idle", 0, 0)
    assert found.throughput == pb.Throughput()
    assert list(found.ratings.grades) == [0] * 5
    absent = ("success_rate", "standing")
    assert [found.HasField(name) for name in absent] == [False] * 2
    empty = ("models", "errors", "error_patterns", "usage", "top_users", "hints")
    assert [len(getattr(found, name)) for name in empty] == [0] * 6
    refusal = await refused(client.performance("nobody", interval=WHOLE))
    assert (refusal.code.name, refusal.reason) == ("NOT_FOUND", "AGENT_NOT_FOUND")
