"""Retention goes on where it ended, whoever else is at it, and whatever fails."""

import asyncio
from random import Random
from typing import Any

import pytest
from google.protobuf.json_format import ParseError

from services.upkeep.applying import Applier, Scope
from services.warehouse.retention.removing import Work
from tests.support.retention import (
    WHOLE,
    filled,
    old_and_new,
    with_policy,
)
from tests.support.upkeep import House, days_ago, house_of


async def test_whatever_ends_it_the_next_goes_on(house: House, workspace: str) -> None:
    await filled(house, workspace)
    before = await house.answers(workspace, WHOLE)
    random, ended = Random(5), 0
    while True:
        try:
            async with asyncio.timeout(0.05 + ended * 0.1 * random.random()):
                work = await house.apply(workspace)
        except TimeoutError:
            ended += 1
        else:
            break
        finally:
            assert await house.answers(workspace, WHOLE) == before
    assert ended >= 3
    assert not work.remaining
    assert await house.differences(workspace) == []


async def test_several_may_do_it_at_once(house: House, workspace: str) -> None:
    runs = await filled(house, workspace)
    before = await house.answers(workspace, WHOLE)
    async with house_of(house.url) as another:
        done = await asyncio.gather(house.apply(workspace), another.apply(workspace))
    last = await house.apply(workspace)
    assert not last.remaining
    kept = [run for run in runs if run.started_at >= days_ago(91)]
    assert sum(work.rows["executions"] for work in [*done, last]) == len(runs) - len(kept)
    assert await house.answers(workspace, WHOLE) == before


async def test_what_fails_in_one_workspace_leaves_the_others_to_be_done(
    house: House, workspace: str
) -> None:
    for name in ("a", "b", "c"):
        await house.record(f"{workspace}-{name}", old_and_new(7)[:3])
    # No policy that anybody could have set.
    with_policy(house, f"{workspace}-a", '{"executions_days": "many"}')
    with pytest.raises(ParseError):
        await house.apply("shadower-system")
    left = house.rows("select distinct workspace_id from executions")
    assert left == [(f"{workspace}-a",)]


async def test_rounds_go_on_where_the_last_call_ended(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        await house.record(f"{workspace}-{name}", old_and_new(7)[:3])
    apply_to, seen = Applier._apply_to, []

    async def until_time_is_over(applier: Applier, work: Work, one: str, scopes: Any) -> None:
        await apply_to(applier, work, one, scopes)
        seen.append(one.rpartition("-")[2])
        work.ends_at = 0

    monkeypatch.setattr(Applier, "_apply_to", until_time_is_over)
    left = [(await house.apply("shadower-system", Scope.FACTS)).remaining for _ in range(4)]
    assert seen == ["system", "a", "b", "c"]
    assert left == [True, True, True, False]
    assert house.rows("select count(*) from executions") == [(0,)]


async def test_whoever_comes_while_somebody_is_at_it_waits(house: House, workspace: str) -> None:
    await filled(house, workspace)
    first, second = await asyncio.gather(house.apply(workspace), house.apply(workspace))
    assert first.rows
    assert not second.rows
    assert not second.remaining
    async with asyncio.TaskGroup() as group:
        await filled(house, f"{workspace}-b")
        at_it = group.create_task(house.apply(f"{workspace}-b"))
        await asyncio.sleep(0)
        assert (await house.apply(workspace, seconds=0.01)).remaining
    assert at_it.result().rows
