"""Runs that profiles of agents tell apart, and what is wrong with what is told of them."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.support import oracle
from tests.support.performance_oracle import error_patterns, peak, reliability
from tests.support.runs import Client, Row, generated_runs, interval, run, time_of
from tests.support.statistics_checks import optional

# Two weeks and some days, which begin and end amid hours.
START = datetime(2026, 3, 5, 7, 23, 11, tzinfo=UTC)
END = START + timedelta(days=19, hours=9, minutes=41)
MESSAGES = [None, "no answer from 10.0.0.{}", "code {}", "lost 0xBEEF{}"]
AGENTS = ("agent-a", "agent-b", "agent-c")


def runs_of_weeks(seed: int, count: int = 1500) -> list[Row]:
    """Some of them last into other hours, days and weeks, and one longer than it counts."""
    random = Random(seed)
    rows = generated_runs(random, count, START - timedelta(days=2), END - START + timedelta(days=3))
    for row in rows:
        row["user_id"] = random.choice([None, *(f"ü-{number}" for number in range(30))])
        message = random.choice(MESSAGES)
        if row["status"] in ("failed", "timed_out") and message:
            row["error_message"] = message.format(random.randrange(1000))
    long = START + timedelta(days=3)
    return [*rows, run("long", long, end_time=long + timedelta(days=5))]


async def check_profiles(client: Client, rows: list[Row], start: datetime, end: datetime) -> None:
    """Of all agents in an interval, against the oracle."""
    for agent in AGENTS:
        mine = [row for row in rows if row["agent_id"] == agent]
        found = await client.performance(agent, interval=interval(start, end))
        _check(found, mine, start, end)


def _check(found: Any, mine: list[Row], start: datetime, end: datetime) -> None:
    now = oracle.within(mine, start, end)
    availability, recovery, recovered, in_outage = reliability(now)
    told = found.reliability
    assert optional(told, "availability") == availability
    assert optional(told, "mean_time_to_recovery") == recovery
    assert (told.recovered_outages, told.in_outage) == (recovered, in_outage)
    assert found.throughput.peak_concurrency == peak(mine, start, end)
    patterns = {
        (p.message, p.error_type, time_of(p.first_start_time), time_of(p.last_start_time)): (
            p.executions
        )
        for p in found.error_patterns
    }
    expected = error_patterns(now)
    assert patterns.items() <= expected.items()
    assert sorted(patterns.values()) == sorted(expected.values())[-20:]
    told_users = [(u.user_id, u.executions, time_of(u.last_start_time)) for u in found.top_users]
    assert told_users == _top_users(now)


def _top_users(rows: list[Row]) -> list[tuple[str, int, datetime]]:
    groups = oracle.grouped([row for row in rows if row["user_id"]], lambda r: r["user_id"])
    found = [(user, len(g), max(r["start_time"] for r in g)) for user, g in groups.items()]
    return sorted(found, key=lambda use: (-use[1], use[0].encode()))[:10]
