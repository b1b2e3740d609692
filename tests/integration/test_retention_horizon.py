"""What is rolled up goes, and what is not stays until it is."""

import asyncio
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from services.runtime.failpoints import Failpoints
from services.runtime.faults import InvalidArgument
from services.upkeep.applying import Scope
from services.warehouse.database import Session
from services.warehouse.facts.recorder import Recorder
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups.ledger import lock_workspace
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import Spans, between
from tests.support.retention import (
    FACTS,
    counts,
    days_later,
    filled,
    kept_for_31_days,
)
from tests.support.upkeep import DAY, HOUR, House, days_ago, some_runs


async def test_nothing_goes_that_is_not_rolled_up(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long facts do not keep still."""
    runs = await filled(house, workspace)

    async def never(*_: Any) -> bool:
        return False

    monkeypatch.setattr("services.warehouse.rollups.rolling.is_unchanged", never)
    work = await house.apply(workspace)
    assert work.remaining
    assert counts(house, workspace)["executions"] == len(runs)


async def test_facts_that_are_kept_as_long_as_hours_go_day_by_day(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await kept_for_31_days(house, workspace)
    for days in range(3):
        days_later(monkeypatch, days)
        work = await house.apply(workspace)
        assert not work.remaining
        [moved] = house.rows("select runs_from, points_from, hours_from from workspaces")
        assert set(moved) == {days_ago(31 - days)}
        assert counts(house, workspace)["metric_points"] == 3 * (4 - days)
        assert counts(house, workspace)["executions"] == 3 * (5 - days)
        after = await house.answers(workspace, Interval(days_ago(36), days_ago(25)))
        assert after == before
    assert await house.differences(workspace) == []


async def test_hours_stay_as_long_as_points_are_not_rolled_up(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await kept_for_31_days(house, workspace)
    await house.apply(workspace)
    days_later(monkeypatch, 1)
    roll_all = Roller.roll_all

    async def busy(roller: Roller, workspace_id: str, sort: Sort, spans: Spans) -> Any:
        if sort == Sort(Level.HOUR, Cuboid.METRIC):
            yield False
            return
        async for is_done in roll_all(roller, workspace_id, sort, spans):
            yield is_done

    with monkeypatch.context() as patched:
        patched.setattr(Roller, "roll_all", busy)
        assert (await house.apply(workspace)).remaining
    assert counts(house, workspace)["metric_points"] == 3 * 4
    assert not (await house.apply(workspace)).remaining
    assert counts(house, workspace)["metric_points"] == 3 * 3
    assert await house.answers(workspace, Interval(days_ago(36), days_ago(25))) == before


async def test_slots_that_are_rolled_while_the_horizon_passes_them_claim_nothing(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(3)
    await house.record(workspace, some_runs(random, days_ago(95), HOUR, 30))
    await house.record(workspace, some_runs(random, days_ago(2), HOUR, 3))
    lock, came = lock_workspace, asyncio.Event()

    async def after_the_horizon(session: Session) -> bool:
        if not came.is_set():
            came.set()
            await house.applier.apply(workspace, [Scope.FACTS], 60)
        return await lock(session)

    monkeypatch.setattr("services.warehouse.rollups.rolling.lock_workspace", after_the_horizon)
    slots = Sort(Level.SLOT, Cuboid.WORKSPACE)
    spans = between(days_ago(95), days_ago(95) + HOUR)
    done = [is_done async for is_done in Roller(house.database).roll_all(workspace, slots, spans)]
    assert came.is_set()
    assert not any(done)
    with pytest.raises(InvalidArgument, match="not kept"):
        await house.answers(workspace, Interval(days_ago(95), days_ago(95) + HOUR / 2))


async def test_a_horizon_that_was_erased_refuses_nothing(house: House, workspace: str) -> None:
    runs = await filled(house, workspace)
    await house.apply(workspace)
    old = min(runs, key=lambda run: run.started_at)
    assert await house.record(workspace, [old]) == ["too_old"]
    cells = ("execution_cells", "agent_profiles", "point_cells", "rollups")
    for table in (*FACTS, *cells, "ledger", "workspace_changes"):
        house.execute(f"delete from {table} where workspace_id = %s", workspace)
    house.execute("delete from workspaces where workspace_id = %s", workspace)
    assert await house.record(workspace, [old]) == ["stored"]


async def test_whoever_meets_a_horizon_together_with_others_is_told_as_they_are(
    house: House, workspace: str
) -> None:
    """All have begun before the first one knew of it."""
    await kept_for_31_days(house, workspace)
    await house.apply(workspace)
    writers = replace(house, recorder=Recorder(house.database, Failpoints()))
    late = [some_runs(Random(n), days_ago(90), DAY, 1) for n in range(6)]
    told = await asyncio.gather(*(writers.record(workspace, runs) for runs in late))
    assert told == [["too_old"]] * 6
