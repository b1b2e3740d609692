"""GetWorkspaceSummary, GetAgentPerformance and ListAgents, field by field, against the oracle."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from shadower.agents.v1 import agent_performance_pb2 as pb
from shadower.agents.v1.agents_service_pb2 import AgentOrder
from shadower.common.v1.execution_pb2 import ErrorType
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.common.v1.statistics_pb2 import Comparison, Direction, DurationStatistics
from shadower.workspaces.v1 import workspace_summary_pb2 as summary_pb

from tests.support import oracle
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import Client, Row, generated_runs, interval, run, time_of
from tests.support.stack import Stack

ZONE = "Europe/Berlin"
START, END = datetime(2025, 3, 27, 18, 30, tzinfo=UTC), datetime(2025, 4, 2, 5, 0, 1, tzinfo=UTC)
BEFORE = START - (END - START)
WHOLE = interval(START, END)
TRENDS = ("executions", "success_rate", "duration_avg", "active_agents", "active_users")
TRENDS += ("total_tokens", "cost", "credits")
AGAINST_PREVIOUS = ("executions", "success_rate", "duration_avg", "duration_p95", "total_tokens")
AGAINST_PREVIOUS += ("cost", "user_rating")
AGAINST_WORKSPACE = ("success_rate", "duration_avg", "total_tokens_avg", "cost_avg")
Dated = list[tuple[datetime, str]]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Of forty days, the previous period and the interval among them."""
    first = END - timedelta(days=40)
    some = generated_runs(Random(5), 900, first, timedelta(days=41))
    edges = [run("edge-0", START, agent_id="agent-a"), run("edge-1", END, agent_id="agent-a")]
    idle = run("idle", first, agent_id="agent-idle", agent_name="Idle")
    new = run("new", START, agent_id="agent-new", status="running")
    return [*some, *edges, idle, new]


@pytest.fixture(scope="module")
async def client(stack: Stack, keys: KeyRing, rows: list[Row]) -> Client:
    filled = Client.of_new_workspace(stack.stubs, keys)
    assert (await filled.record(rows))["stored"] == len(rows)
    return filled


def check_durations(found: DurationStatistics, expected: DurationStatistics) -> None:
    """Equal, but for the last digit of the deviation, which is rounded on its way."""
    deviations = [one.standard_deviation.ToNanoseconds() for one in (found, expected)]
    assert abs(deviations[0] - deviations[1]) <= 1
    if expected.HasField("standard_deviation"):
        found.standard_deviation.CopyFrom(expected.standard_deviation)
    assert found == expected


def check_statistics(found: Any, rows: list[Row]) -> None:
    assert found.executions == oracle.counts(rows)
    assert optional(found, "success_rate") == oracle.success_rate(rows)
    check_durations(found.duration, oracle.durations(rows))
    assert found.tokens == oracle.tokens(rows)
    assert found.cost == oracle.costs(rows)


def optional(message: Any, field: str) -> Any:
    return getattr(message, field) if message.HasField(field) else None


def check_comparison(found: Comparison, now: list[Row], before: list[Row]) -> None:
    current = oracle.metric(found.metric, now)
    baseline = oracle.metric(found.metric, before) if before else None
    assert (oracle.number(found.current), oracle.number(found.baseline)) == (current, baseline)
    if None in (current, baseline):
        assert not found.HasField("change")
        assert optional(found, "change_ratio") is None
        assert found.direction == Direction.DIRECTION_UNSPECIFIED
        return
    change = current - baseline
    assert oracle.number(found.change) == change
    ratio = pytest.approx(float(change) / abs(float(baseline)), rel=1e-12) if baseline else None
    assert optional(found, "change_ratio") == ratio
    sign = (change > 0) - (change < 0)
    assert Direction.Name(found.direction) == f"DIRECTION_{['FLAT', 'UP', 'DOWN'][sign]}"


def check_comparisons(
    found: Sequence[Comparison], names: Sequence[str], now: list[Row], before: list[Row]
) -> None:
    assert [one.metric for one in found] == list(names)
    for one in found:
        check_comparison(one, now, before)


def users(rows: list[Row], days: int | None = None) -> int:
    start = END - timedelta(days=days) if days else START
    return len({row["user_id"] for row in oracle.within(rows, start, END)} - {None})


def latest_name(rows: list[Row], agent: str) -> str:
    named = [r for r in rows if r["agent_id"] == agent and r["agent_name"] is not None]
    latest = max(named, key=lambda r: (r["start_time"], r["execution_id"]), default=None)
    return latest["agent_name"] if latest else ""


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
        (day, oracle.plain(total)) for day, total in sorted(credits_of.items()) if total is not None
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


def reliability(rows: list[Row]) -> tuple[float | None, Any, int, bool]:
    """Availability, mean time to recovery, outages that ended, and whether one goes on."""
    decided = [row for row in rows if row["status"] in oracle.DECIDED and row["end_time"]]
    ordered = sorted(decided, key=lambda row: (row["end_time"], row["execution_id"]))
    began, outages = None, []
    for row in ordered:
        if row["status"] != "succeeded":
            began = began or row["end_time"]
        elif began:
            outages.append(seconds(row["end_time"] - began))
            began = None
    mean = sum(outages) / len(outages) if outages else None
    if len(ordered) < 2:
        return None, oracle.duration(mean), len(outages), began is not None
    last = ordered[-1]["end_time"]
    lost = sum(outages) + (seconds(last - began) if began else 0)
    available = 1 - lost / seconds(last - ordered[0]["end_time"])
    return float(available), oracle.duration(mean), len(outages), began is not None


def seconds(length: timedelta) -> Fraction:
    return Fraction(length // oracle.MICROSECOND, 10**6)


def peak(rows: list[Row], as_of: datetime) -> int:
    """At the start of some run most runs are under way."""
    ends = [as_of if row["status"] == "running" else row["end_time"] for row in rows]
    spans = [(row["start_time"], end) for row, end in zip(rows, ends, strict=True) if end]
    return max((sum(s <= at < e for s, e in spans) for at, _ in spans), default=0)


NUMBERS_AND_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]+|[0-9]+", re.I)


def error_patterns(rows: list[Row]) -> Counter[Any]:
    failed = [row for row in rows if oracle.error_type(row) and row["error_message"]]
    groups = oracle.grouped(
        failed, lambda r: (NUMBERS_AND_IDS.sub("#", r["error_message"]), oracle.error_type(r))
    )
    shared = {key: [r["start_time"] for r in g] for key, g in groups.items() if len(g) >= 3}
    return Counter(
        {
            (message[:256], enum_of(name), min(times), max(times)): len(times)
            for (message, name), times in shared.items()
        }
    )


def enum_of(error_type: str) -> int:
    return ErrorType.Value(f"ERROR_TYPE_{error_type.upper()}")


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
    assert found.throughput.peak_concurrency == peak(now, time_of(found.as_of))


@pytest.mark.parametrize("agent", ["agent-a", "agent-b", "agent-c", "agent-new"])
async def test_reliability(client: Client, rows: list[Row], agent: str) -> None:
    now = oracle.within([row for row in rows if row["agent_id"] == agent], START, END)
    found = (await client.performance(agent, interval=WHOLE)).reliability
    availability, recovery, recovered, in_outage = reliability(now)
    assert optional(found, "availability") == (availability and pytest.approx(availability))
    assert optional(found, "mean_time_to_recovery") == recovery
    assert (found.recovered_outages, found.in_outage) == (recovered, in_outage)


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
            tokens=oracle.tokens(group),
            cost=oracle.costs(group),
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


def local_starts(rows: list[Row]) -> list[datetime]:
    return [row["start_time"].astimezone(ZoneInfo(ZONE)) for row in rows]


def assert_most_first(counted: Sequence[Any]) -> None:
    numbers = [one.executions for one in counted]
    assert numbers == sorted(numbers, reverse=True)


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
            average_duration=oracle.durations(group).average
            if oracle.known(group, "duration")
            else None,
            total_tokens=oracle.metric("total_tokens", group),
            cost_usd=oracle.plain(oracle.metric("cost", group)),
        )
        for start, group in sorted(groups.items())
    ]


def rank(value: Any, values: list[Any]) -> int | None:
    """1 for the greatest; equal ones share it; what is not known has none."""
    return None if value is None else 1 + sum(v > value for v in values if v is not None)


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


async def test_nothing_known_is_nothing_said(stack: Stack, keys: KeyRing) -> None:
    summary = await Client.of_new_workspace(stack.stubs, keys).summary(interval=WHOLE)
    assert not summary.HasField("health_score")
    assert summary.engagement_level == summary_pb.ENGAGEMENT_LEVEL_UNSPECIFIED
    assert (summary.executions.total, summary.cost.HasField("cost_usd")) == (0, False)
    check_comparisons(summary.trends, TRENDS, [], [])


ORDERS: dict[str, Any] = {
    "UNSPECIFIED": len,
    "EXECUTIONS": len,
    "SUCCESS_RATE": oracle.success_rate,
    "AVERAGE_DURATION": lambda rows: oracle.metric("duration_avg", rows),
    "P95_DURATION": lambda rows: oracle.metric("duration_p95", rows),
    "TOTAL_TOKENS": lambda rows: oracle.metric("total_tokens", rows),
    "COST": lambda rows: oracle.metric("cost", rows),
    "DISTINCT_USERS": lambda rows: oracle.metric("active_users", rows),
    "LAST_START_TIME": lambda rows: max(row["start_time"] for row in rows),
}


def in_order(groups: dict[str, list[Row]], order: str, ascending: bool) -> list[str]:
    """Unknown values last, equal ones by id."""
    values = {agent: ORDERS[order](group) for agent, group in groups.items()}
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
    assert [agent.agent_id for agent in whole] == in_order(groups, order, ascending)
    assert [agent.position for agent in whole] == list(range(1, len(groups) + 1))
    for agent in whole:
        group = groups[agent.agent_id]
        check_statistics(agent, group)
        assert agent.distinct_users == users(group)
        assert time_of(agent.last_start_time) == max(row["start_time"] for row in group)
    for size in (1, 7, 36, 37, 38):
        assert await pages_of_agents(crowd, size, query) == whole


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
