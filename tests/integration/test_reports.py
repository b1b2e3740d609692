"""Reports over real facts: their numbers are those of an oracle."""

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.support import oracle
from tests.support.alerts import Watch, failures, five_minutes
from tests.support.keys import KeyRing
from tests.support.reports import (
    AGENTS,
    ALERTS,
    ANOMALIES,
    COMPARISON,
    COST,
    CSV,
    HTML,
    JSON,
    PARQUET,
    PDF,
    SUMMARY,
    TRENDS,
    USERS,
    XLSX,
    Desk,
    definition,
)
from tests.support.runs import Row, generated_runs, interval, run
from tests.support.stack import Stack

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = FIRST + 3 * DAY
END = SECOND + 3 * DAY
TITLES = {
    "Runs": "executions",
    "Success rate": "success_rate",
    "Mean duration": "duration_avg",
    "Agents": "active_agents",
    "Users": "active_users",
    "Tokens": "total_tokens",
    "Cost": "cost",
    "Credits": "credits",
}
COMPARED = TITLES | {
    "Succeeded": "succeeded",
    "Failed": "failed",
    "Timed out": "timed_out",
    "Cancelled": "cancelled",
    "Tokens per run": "total_tokens_avg",
    "Cost per run": "cost_avg",
    "Mean rating": "user_rating",
    "Tool calls": "tool_calls",
}


@pytest.fixture(scope="module")
def runs() -> list[Row]:
    return generated_runs(Random(7), 600, FIRST, END - FIRST)


@pytest.fixture(scope="module")
async def filled(stack: Stack, keys: KeyRing, runs: list[Row]) -> Desk:
    desk = Desk.of_new_workspace(stack, keys)
    await desk.client.record(runs)
    return desk


def is_near(told: Any, wanted: Any) -> bool:
    if told is None or wanted is None:
        return told is None and wanted is None
    return math.isclose(float(told), float(wanted), rel_tol=1e-9, abs_tol=1e-12)


def check_figures(figures: Sequence[Any], now: list[Row], then: list[Row]) -> None:
    checked = 0
    for one in figures:
        if one["name"] in TITLES:
            name = TITLES[one["name"]]
            assert is_near(one["value"], oracle.metric(name, now)), one
            assert is_near(one["previous"], oracle.metric(name, then)), one
            checked += 1
    assert checked == len(TITLES)


async def test_the_numbers_are_those_of_the_raw_rows(filled: Desk, runs: list[Row]) -> None:
    now, then = oracle.within(runs, SECOND, END), oracle.within(runs, FIRST, SECOND)
    said = definition(sections=[SUMMARY, AGENTS, USERS, COST, TRENDS, COMPARISON])
    report = await filled.made(said, interval=interval(SECOND, END))
    assert (report.complete, list(report.absent_sections)) == (True, [])
    sections = await filled.sections(report.report_id)
    assert list(sections) == ["summary", "agents", "users", "cost", "trends", "comparison"]
    check_figures(sections["summary"]["figures"], now, then)
    for kind, table, label, field in (
        ("users", 0, 0, "user_id"),
        ("cost", 0, 0, "model"),
        ("cost", 1, 0, "agent_id"),
    ):
        rows = sections[kind]["tables"][table]["rows"]
        groups = oracle.grouped(now, lambda row, field=field: row[field])  # type: ignore[misc]
        assert {row[label] for row in rows} == set(groups)
        for row in rows:
            group = groups[row[label]]
            wanted = [oracle.metric(n, group) for n in ("executions", "total_tokens", "cost")]
            assert all(map(is_near, row[1:], wanted)), (kind, row)
    agents = oracle.grouped(now, lambda row: row["agent_id"])
    for row in sections["agents"]["tables"][0]["rows"]:
        group = agents[row[0]]
        wanted = [oracle.metric(n, group) for n in ("executions", "success_rate", "duration_avg")]
        assert all(map(is_near, row[2:5], wanted)), row
    check_trends(sections["trends"]["tables"][0]["rows"], now)
    compared = {row[0]: row[2:] for row in sections["comparison"]["tables"][0]["rows"]}
    for title, name in COMPARED.items():
        value, before, change = compared[title]
        assert is_near(value, oracle.metric(name, now)), title
        assert is_near(before, oracle.metric(name, then)), title
        assert change is None or is_near(change, (value - before) / abs(before)), title


def check_trends(rows: Sequence[Any], now: list[Row]) -> None:
    days = oracle.grouped(now, lambda row: oracle.bucket_start(row["start_time"], "day"))
    assert [datetime.fromisoformat(row[0]) for row in rows] == sorted(days)
    for row in rows:
        group = days[datetime.fromisoformat(row[0])]
        wanted = [oracle.metric(n, group) for n in ("executions", "success_rate")]
        assert all(map(is_near, row[1:3], wanted)), row


async def test_a_filter_counts_for_every_number(filled: Desk, runs: list[Row]) -> None:
    mine = [row for row in runs if row["agent_id"] == "agent-a"]
    now, then = oracle.within(mine, SECOND, END), oracle.within(mine, FIRST, SECOND)
    said = definition(sections=[SUMMARY, COST], filter={"agent_ids": ["agent-a"]})
    report = await filled.made(said, interval=interval(SECOND, END))
    sections = await filled.sections(report.report_id)
    check_figures(sections["summary"]["figures"], now, then)
    rows = sections["cost"]["tables"][1]["rows"]
    assert [(row[0], row[1]) for row in rows] == [("agent-a", len(now))]


async def test_of_many_agents_those_that_cost_most_are_told(desk: Desk) -> None:
    rows = [run(f"run-{n}", SECOND, agent_id=f"agent-{n}", cost_usd=f"{n}") for n in range(103)]
    await desk.client.record(rows)
    report = await desk.made(definition(sections=[COST]), interval=interval(SECOND, END))
    table = (await desk.sections(report.report_id))["cost"]["tables"][1]
    assert [row[0] for row in table["rows"]] == [f"agent-{n}" for n in range(102, 2, -1)]
    assert table["left_out"] == 3


async def test_every_format_is_kept_as_it_is_told(filled: Desk) -> None:
    every = [HTML, PDF, CSV, JSON, XLSX, PARQUET]
    report = await filled.made(definition(formats=every), interval=interval(SECOND, END))
    assert [one.format for one in report.files] == every
    for file in report.files:
        media_type, content = await filled.download(report.report_id, file.format)
        assert media_type == file.content_type
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size_bytes, file.sha256)
    assert (await filled.download(report.report_id))[0] == "text/html; charset=utf-8"


async def test_without_a_period_before_there_is_no_baseline(filled: Desk) -> None:
    said = definition(sections=[SUMMARY, COMPARISON])
    report = await filled.made(said, interval=interval(FIRST, SECOND))
    for section in (await filled.sections(report.report_id)).values():
        assert "nothing to compare with" in section["text"]
        assert all(one["previous"] is None for one in section["figures"])


async def test_alerts_of_the_period_are_told(stack: Stack, keys: KeyRing) -> None:
    watch = Watch.of_new_workspace(stack, keys)
    desk = Desk(stack, keys, watch.client)
    start = five_minutes(datetime.now(UTC)) - timedelta(hours=3)
    times = [start + timedelta(minutes=minute) for minute in (6, 7, 8)]
    await watch.client.record(failures(times))
    await watch.make(start)
    await watch.evaluate()
    [alert] = await watch.alerts("resolved")
    over = interval(start, start + timedelta(hours=1))
    report = await desk.made(definition(sections=[ALERTS, ANOMALIES]), interval=over)
    sections = await desk.sections(report.report_id)
    [row] = sections["alerts"]["tables"][0]["rows"]
    assert row[1:3] == ["Runs fail", "Critical"]
    assert datetime.fromisoformat(row[0]) == alert.pending_time.ToDatetime(UTC)
    assert "no alert rule of anomalies" in sections["anomalies"]["text"]
    before = interval(start - timedelta(hours=1), start)
    report = await desk.made(definition(sections=[ALERTS]), interval=before)
    assert (await desk.sections(report.report_id))["alerts"]["tables"] == []


async def test_who_shares_a_name_keeps_his_numbers(desk: Desk) -> None:
    day = datetime.now(UTC).replace(hour=12) - DAY
    said = {"agent_name": "assistant", "cost_usd": "0.5"}
    known = {"agent_id": "b", "model": "unknown"}
    runs = [run(f"a-{number}", day, agent_id="a", **said) for number in range(3)]
    await desk.client.record(
        [*runs, *(run(f"b-{number}", day, **known, **said) for number in (1, 2))]
    )
    sections = await desk.sections((await desk.made(definition(sections=[AGENTS, COST]))).report_id)
    points = {
        chart["title"]: dict(chart["series"][0]["points"])
        for section in sections.values()
        for chart in section["charts"]
    }
    assert points["Runs by agent"] == {"assistant (a)": 3, "assistant (b)": 2}
    assert points["Cost by model"] == {"unknown (not reported)": 1.5, "unknown": 1}
