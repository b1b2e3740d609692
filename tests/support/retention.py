"""Facts of ages that retention tells apart."""

from random import Random
from typing import Any

import pytest

from services.upkeep.policy import bound
from services.warehouse.facts.model import Event, Execution
from services.warehouse.queries.interval import Interval
from tests.support.upkeep import DAY, HOUR, House, days_ago, some_points, some_runs

FACTS = ("executions", "metric_points", "events", "execution_keys")


def old_and_new(seed: int) -> list[Execution]:
    """Of 250, 120 and 20 days ago; in an hour of the oldest there are enough to be worth cells."""
    random = Random(seed)
    return [
        *some_runs(random, days_ago(250), DAY, 20),
        *some_runs(random, days_ago(250) + 5 * HOUR, HOUR, 80),
        *some_runs(random, days_ago(120), DAY, 20),
        *some_runs(random, days_ago(20), DAY, 20),
    ]


WHOLE = Interval(days_ago(260), days_ago(-1))


async def filled(house: House, workspace: str) -> list[Execution]:
    runs, random = old_and_new(7), Random(8)
    await house.record(workspace, runs)
    await house.record(workspace, some_points(random, days_ago(250), 240 * DAY, 20))
    events = [Event(days_ago(days), f"e-{days}", "user.login", "user-1") for days in (200, 50)]
    await house.record(workspace, events)
    return runs


def counts(house: House, workspace: str) -> dict[str, int]:
    return {
        table: house.rows(f"select count(*) from {table} where workspace_id = %s", workspace)[0][0]
        for table in FACTS
    }


def with_policy(house: House, workspace: str, policy: str) -> None:
    house.execute(
        "insert into retention_settings values (%s, %s, 1, now(), 'a')", workspace, policy
    )


def days_later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """As if it were so many days later."""
    monkeypatch.setattr(
        "services.upkeep.applying.bound",
        lambda now, kept, *level: bound(now + days * DAY, kept, *level),
    )


async def of_each_day(house: House, workspace: str, days: range) -> None:
    random = Random(3)
    runs = [run for day in days for run in some_runs(random, days_ago(day), DAY, 3)]
    points = [point for day in days for point in some_points(random, days_ago(day), DAY, 3)]
    await house.record(workspace, runs)
    await house.record(workspace, points)


async def kept_for_31_days(house: House, workspace: str) -> Any:
    """Facts and hours alike, and some of them of days before that. What is answered about them."""
    policy = '{"executions_days": 31, "metric_points_days": 31, "hour_rollups_days": 31}'
    with_policy(house, workspace, policy)
    await of_each_day(house, workspace, range(36, 27, -1))
    return await house.answers(workspace, Interval(days_ago(36), days_ago(25)))
