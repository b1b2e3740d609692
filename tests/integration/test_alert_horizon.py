"""Rules that look back further than facts are kept."""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from shadower.alerts.v1.alert_rule_pb2 import REFERENCE_PREVIOUS_WEEK

from services.alerts.previewing import preview
from services.alerts.rules import rule_of, write
from services.runtime.faults import InvalidArgument
from services.warehouse.facts.model import ErrorType, Execution, Status
from services.warehouse.queries.interval import Interval
from tests.support.alerts import INTERVAL, MINUTE, evaluator_of, five_minutes, rule
from tests.support.upkeep import DAY, DEPTH, House, days_ago, some_points, some_runs

LONG = timedelta(seconds=20)
MAKE = """
    insert into alert_rules (workspace_id, rule_id, definition, updated_by, is_enabled,
        judged_from, judged_until, due_at)
    values (%s, %s, %s, 'a', true, %s, %s, now())
"""
ANOMALY = rule(anomaly={"direction": 1})
OF_DEPTH: dict[str, Any] = {"aggregation": {"metric_type": DEPTH, "function": 2}}


def keep(house: House, workspace: str, **days: int) -> None:
    house.execute(
        "insert into retention_settings values (%s, %s, 1, now(), 'a')", workspace, json.dumps(days)
    )


def failed(name: str, start: datetime) -> Execution:
    return Execution(name, start, Status.FAILED, "agent-a", start, error_type=ErrorType.TIMEOUT)


async def evaluate(house: House, workspace: str, message: Any, until: datetime) -> Any:
    house.execute(MAKE, workspace, "r", json.dumps(write(message)), until, until)
    async with evaluator_of(house.url) as evaluator:
        return await evaluator.evaluate(workspace, 9, LONG)


async def test_an_anomaly_is_told_though_earlier_weeks_are_gone(
    house: House, workspace: str
) -> None:
    random, end = Random(1), five_minutes(datetime.now(UTC))
    keep(house, workspace, executions_days=31)
    lately = [run for day in (60, 50, 40, 1) for run in some_runs(random, days_ago(day), DAY, 9)]
    burst = [failed(f"burst-{number}", end - 2 * MINUTE) for number in range(30)]
    usual = failed("usual", end - 2 * INTERVAL)
    await house.record(workspace, [*lately, usual, *burst])
    await house.apply(workspace)
    assert house.rows("select runs_from from workspaces where workspace_id = %s", workspace) != [
        (None,)
    ]
    done = await evaluate(house, workspace, ANOMALY, end - INTERVAL)
    assert (done.judged, done.failed, done.triggered) == (1, 0, 1)
    gone = Interval(days_ago(50), days_ago(49.9))
    async with house.database.reading(workspace) as session:
        with pytest.raises(InvalidArgument, match="single facts") as refused:
            await preview(session, rule_of("r", ANOMALY), gone)
    assert refused.value.reason == "FACTS_GONE"


async def test_of_a_change_from_what_is_gone_nothing_is_known(house: House, workspace: str) -> None:
    """And the rule is judged on, though not a moment's reference is kept."""
    keep(house, workspace, metric_points_days=7)
    end = five_minutes(datetime.now(UTC))
    await house.record(workspace, some_points(Random(1), days_ago(20), 12 * DAY, 50))
    await house.apply(workspace)
    week = {"reference": REFERENCE_PREVIOUS_WEEK, "direction": 3, "percent": 10.0}
    message = rule(change=week, window={"seconds": 86400}, **OF_DEPTH)
    done = await evaluate(house, workspace, message, end - INTERVAL)
    assert (done.judged, done.failed, done.triggered) == (1, 0, 0)
