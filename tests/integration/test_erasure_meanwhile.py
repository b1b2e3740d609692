"""An erasure is whole, whatever happens or ends it meanwhile."""

import asyncio
from random import Random
from typing import Any

import pytest

from services.runtime.faults import Unavailable
from services.warehouse.erasure import cells, erasing, renaming
from services.warehouse.erasure.erasing import Eraser, Note
from services.warehouse.erasure.erasures import Erasure, begin, fetch_erasure
from services.warehouse.facts.model import Execution, Status
from services.warehouse.queries.interval import Interval
from services.warehouse.retention.removing import Work
from services.warehouse.rollups import rolling
from services.warehouse.rollups.ledger import lock_workspace
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import between
from tests.support.erasure import (
    RECENT,
    USER,
    WHOLE,
    begun,
    erase,
    filled,
    found,
    go_on,
    nothing_elsewhere,
    step,
)
from tests.support.rolling import roll
from tests.support.upkeep import DAY, House, days_ago, some_runs


async def test_a_longer_cell_is_not_made_of_what_a_shorter_one_said(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "PAGE", 3)
    await filled(house, workspace)
    await house.apply(workspace)
    days = Sort(Level.DAY, Cuboid.PROFILE)
    roller = Roller(house.database)
    erasure = await begun(house, workspace, USER)
    eraser = Eraser(house.keeping, nothing_elsewhere)
    while erasure.ended_at is None:
        erasure = await step(eraser, erasure)
        if erasure.place.get("after") == ["hour"]:
            # Those that say so are still as they were.
            span = between(days_ago(100), days_ago(99))
            assert [done async for done in roller.roll_all(workspace, days, span)]
    assert found(house, USER, workspace) == {}


async def test_cells_that_were_calculated_before_are_not_entered(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(house, workspace)
    await house.apply(workspace)
    days, erasure = Sort(Level.DAY, Cuboid.PROFILE), await begun(house, workspace, USER)
    eraser = Eraser(house.keeping, nothing_elsewhere)
    while erasure.step != "agent_profiles":
        erasure = await step(eraser, erasure)
    waiting = [erasure]

    async def after_erasure(session: Any) -> bool:
        if waiting:
            assert await eraser.go_on(Work.of(60), workspace, waiting.pop().erasure_id)
        return await lock_workspace(session)

    monkeypatch.setattr(rolling, "lock_workspace", after_erasure)
    span = between(days_ago(100), days_ago(99))
    assert [done async for done in Roller(house.database).roll_all(workspace, days, span)]
    assert not waiting
    assert found(house, USER, workspace) == {}


async def test_what_somebody_changes_meanwhile_stays_changed(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(house, workspace)
    changed = '{"name": "now of user-1", "metric": "p95"}'
    fresh = renaming._fresh

    async def after_change(session: Any, shape: Any, rows: Any) -> Any:
        if shape.table == "alert_rules":
            house.execute("update alert_rules set definition = %s, version = 2", changed)
        return await fresh(session, shape, rows)

    monkeypatch.setattr(renaming, "_fresh", after_change)
    receipt = await erase(house, workspace, USER)
    [(definition, version)] = house.rows("select definition, version from alert_rules")
    name = f"now of {receipt.pseudonym}"
    assert (definition, version) == ({"name": name, "metric": "p95"}, 2)


async def test_what_comes_while_a_workspace_goes_is_gone_as_a_whole(
    house: House, workspace: str
) -> None:
    await filled(house, workspace)
    erasure = await begun(house, workspace, None)
    eraser = Eraser(house.keeping, nothing_elsewhere)
    run = Execution("during", days_ago(1), Status.RUNNING, "agent-a")
    ended = run._replace(status=Status.SUCCEEDED, ended_at=days_ago(0.9))
    number = 0
    while erasure.ended_at is None:
        if erasure.step == "workspaces":
            await roll(house.database, workspace, RECENT)
        elif erasure.step not in ("log", "elsewhere"):
            number += 1
            some = [run._replace(execution_id=f"during-{number}")]
            assert await house.record(workspace, some) == ["stored"]
        erasure = await step(eraser, erasure)
    assert number > 10
    assert set(found(house, workspace, workspace)) == {"erasures"}
    assert erasure.counts["executions"] == 42 + number
    again = [ended._replace(execution_id=f"during-{one}") for one in range(1, number)]
    assert await house.record(workspace, again) == ["stored"] * len(again)


async def test_a_page_that_takes_too_long_is_halved(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(house, workspace)
    looked_through = []
    page = renaming.rename_page

    async def slow(session: Any, table: str, naming: Any, after: Any, rows: int) -> Any:
        looked_through.append(rows)
        if rows > 2_500:
            await session.connection.execute("set local statement_timeout = 1")
            await session.connection.execute("select pg_sleep(1)")
        return await page(session, table, naming, after, rows)

    monkeypatch.setattr(erasing, "rename_page", slow)
    await erase(house, workspace, USER)
    assert looked_through[:4] == [10_000, 5_000, 2_500, 5_000]
    assert found(house, USER, workspace) == {}


async def test_what_is_counted_elsewhere_stays_counted(house: House, workspace: str) -> None:
    left = [3]

    async def fails_once(erasure: Erasure, note: Note) -> None:
        await note({"reports": left.pop() if left else 0})
        if erasure.counts == {}:
            raise Unavailable("CACHE_UNREACHABLE", "once")

    eraser = Eraser(house.keeping, fails_once)
    erasure = await begun(house, workspace, USER)
    with pytest.raises(Unavailable):
        await eraser.go_on(Work.of(60), workspace, erasure.erasure_id)
    assert await eraser.go_on(Work.of(60), workspace, erasure.erasure_id)
    async with house.database.writing(workspace) as session:
        assert (await fetch_erasure(session, erasure.erasure_id)).counts == {"reports": 3}


async def test_an_erasure_goes_on_wherever_it_ended(house: House, workspace: str) -> None:
    await filled(house, workspace)
    before = await house.answers(workspace, WHOLE)
    async with house.database.writing(workspace) as session:
        erasure = await begin(session, USER, "boss")
        assert await begin(session, USER, "somebody else") == erasure
    ended = 0
    while True:
        try:
            async with asyncio.timeout(0.01 + ended * 0.02):
                await asyncio.gather(go_on(house, erasure), go_on(house, erasure))
        except TimeoutError:
            ended += 1
        async with house.database.writing(workspace) as session:
            receipt = await fetch_erasure(session, erasure.erasure_id)
        if receipt.ended_at is not None:
            break
    assert ended >= 2
    after = await house.answers(workspace, WHOLE)
    assert after[:5] == before[:5]
    assert await house.by_user(workspace, WHOLE) == [((), {}, None, (0,))]
    assert await house.differences(workspace) == []


async def test_retention_and_an_erasure_may_meet(house: House, workspace: str) -> None:
    random = Random(9)
    for days in (200, 100, 3):
        await house.record(workspace, some_runs(random, days_ago(days), DAY / 2, 15))
    asked = Interval(days_ago(201), days_ago(0))
    before = await house.answers(workspace, asked)
    await asyncio.gather(*(erase(house, workspace, USER), house.apply(workspace)))
    while (await house.apply(workspace)).remaining:
        pass
    after = await house.answers(workspace, asked)
    assert after[:5] == before[:5]
    assert found(house, USER, workspace) == {}
