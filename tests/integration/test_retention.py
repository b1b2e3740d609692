"""Retention removes what is old enough and nothing else, and what rollups answer stays the same."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import psycopg
import pytest
from buf.validate import validate_pb2
from google.protobuf.json_format import ParseError
from shadower.upkeep.v1.retention_pb2 import RetentionPolicy

from services.runtime.faults import InvalidArgument
from services.runtime.pool import EXPORTER_ROLE, open_pool
from services.upkeep.applying import Applier, Scope
from services.upkeep.policy import bound
from services.warehouse.database import Session
from services.warehouse.exports.executions import ExecutionsQuery, found_executions
from services.warehouse.facts.ledger import fetch_ledger
from services.warehouse.facts.model import Event, Execution
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.performance import AgentRuns
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.workspace import (
    fetch_active_users,
    fetch_metric_types,
    fetch_periods,
)
from services.warehouse.retention.removing import Remover, Work
from services.warehouse.rollups.ledger import lock_workspace
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import Spans, between
from tests.support.bus import settings_of
from tests.support.rolling import roll
from tests.support.upkeep import DAY, DEPTH, HOUR, House, days_ago, house_of, some_points, some_runs

FACTS = ("executions", "metric_points", "events", "execution_keys")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with house_of(database_url) as opened:
        yield opened


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


async def test_what_is_old_goes_and_what_rollups_answer_stays(house: House, workspace: str) -> None:
    runs = await filled(house, workspace)
    await roll(house.database, workspace, Interval(days_ago(250), days_ago(249)))
    before = await house.answers(workspace, WHOLE)
    work = await house.apply(workspace)
    assert not work.remaining
    kept = [run for run in runs if run.started_at >= days_ago(91)]
    points = house.rows("select occurred_at >= %s from metric_points", days_ago(90))
    assert set(points) == {(True,)}
    assert counts(house, workspace) == {
        "executions": len(kept),
        "execution_keys": len(kept),
        "metric_points": len(points),
        "events": 1,
    }
    assert work.rows["executions"] == len(runs) - len(kept)
    assert await house.answers(workspace, WHOLE) == before
    assert await house.differences(workspace) == []
    for days in (120, 20):
        await roll(house.database, workspace, Interval(days_ago(days), days_ago(days - 1)))
    assert await house.differences(workspace) == []
    assert await house.answers(workspace, WHOLE) == before


async def test_questions_that_need_gone_facts_are_refused(house: House, workspace: str) -> None:
    await filled(house, workspace)
    assert (await house.by_user(workspace, WHOLE))[0].values[0] > 0
    await house.apply(workspace)
    with pytest.raises(InvalidArgument) as refused:
        await house.by_user(workspace, WHOLE)
    assert refused.value.reason == "FACTS_GONE"
    assert refused.value.metadata == {"keptFrom": days_ago(91).isoformat()}
    assert (await house.by_user(workspace, Interval(days_ago(91), days_ago(0))))[0].values[0] > 0
    # Hours are answered, a part of one is not.
    ragged = Interval(days_ago(119) + HOUR / 2, days_ago(0))
    with pytest.raises(InvalidArgument, match="not kept"):
        await house.answers(workspace, ragged)
    await house.answers(workspace, Interval(days_ago(119) + HOUR, days_ago(0)))


async def test_late_facts_are_refused_one_by_one(house: House, workspace: str) -> None:
    runs = await filled(house, workspace)
    before = await house.answers(workspace, WHOLE)
    await house.apply(workspace)
    old = min(runs, key=lambda run: run.started_at)
    new = max(runs, key=lambda run: run.started_at)
    # What came before, and with other content; an id whose run is gone; a new run.
    late = [
        old,
        old._replace(execution_id="late"),
        old._replace(started_at=days_ago(1), ended_at=None),
        new,
        new._replace(execution_id="new"),
    ]
    told = await house.record(workspace, late)
    assert told == ["too_old", "too_old", "stored", "duplicate", "stored"]
    assert await house.differences(workspace) == []
    upto = Interval(WHOLE.start, days_ago(30))
    house.execute("delete from executions where started_at >= %s", days_ago(30))
    assert (await house.answers(workspace, upto))[:4] != before[:4]
    moved = next(run for run in runs if run.started_at < days_ago(90))
    assert await house.record(workspace, [moved._replace(status="failed")]) == ["too_old"]


async def test_an_account_stays_exact(house: House, workspace: str) -> None:
    await filled(house, workspace)
    await house.apply(workspace)
    hours = Interval(days_ago(1), days_ago(-1))
    async with house.database.reading(workspace) as session:
        entries = await fetch_ledger(session, hours, recount=True)
    assert {entry.kind.value for entry in entries} == {"execution", "metric_point", "event"}
    assert all(entry.is_balanced and entry.removed for entry in entries)


async def test_months_that_nobody_keeps_are_dropped(house: House, workspace: str) -> None:
    other = f"{workspace}-b"
    await filled(house, workspace)
    await filled(house, other)
    before = await house.answers(other, WHOLE)
    house.execute(
        'insert into retention_settings values (%s, \'{"executions_days": 400,'
        " \"hour_rollups_days\": 400}', 1, now(), 'a')",
        other,
    )
    work = await house.apply("shadower-system")
    assert not any(name.startswith("executions") for name in work.partitions)
    assert any(name.startswith("metric_points") for name in work.partitions)
    assert counts(house, other)["executions"] == len(old_and_new(7))
    assert await house.answers(other, WHOLE) == before
    house.execute("delete from retention_settings")
    work = await house.apply("shadower-system")
    assert any(name.startswith("executions") for name in work.partitions)
    assert await house.answers(other, WHOLE) == before
    assert await house.differences(other) == await house.differences(workspace) == []
    keys, runs = (counts(house, other)[name] for name in ("execution_keys", "executions"))
    assert keys == runs < len(old_and_new(7))
    # Somebody else may use the month again.
    third = f"{workspace}-c"
    assert await house.record(third, old_and_new(9)[:2]) == ["stored", "stored"]


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


async def test_alerts_that_are_over_and_old_entries_of_the_audit_log_go(
    house: House, workspace: str
) -> None:
    for number, (state, over) in enumerate(
        [("resolved", days_ago(181)), ("resolved", days_ago(179)), ("triggered", None)]
    ):
        house.execute(
            "insert into alerts (workspace_id, alert_id, rule_id, rule_name, severity, group_key,"
            " group_labels, state, pending_at, resolved_at, judged_at, held_at)"
            " values (%s, gen_random_uuid(), 'r', 'r', 1, %s, '{}', %s, %s, %s, now(), now())",
            *(workspace, str(number), state, days_ago(400), over),
        )
    house.execute(
        "insert into audit_entries (workspace_id, occurred_at, entry_id, subject, token_id, rpc,"
        " code, reason, request_id) select %s, now() - days * interval '1 day', gen_random_uuid(),"
        " 'a', '', '', 0, '', '' from unnest(array[2500, 2600]) days",
        workspace,
    )
    work = await house.apply(workspace, Scope.ALERT_HISTORY)
    assert work.rows == {"alerts": 1}
    work = await house.apply(workspace, Scope.RECORDS)
    assert work.rows == {"audit_entries": 1}


async def test_whoever_reads_is_not_held_up_by_a_month_that_goes(
    house: House, workspace: str
) -> None:
    await filled(house, workspace)
    with psycopg.connect(house.url) as reader:
        reader.execute("select count(*) from shadower.executions")
        work = await house.apply("shadower-system")
        assert work.remaining
        assert not any(name.startswith("executions") for name in work.partitions)
        # Its rows went all the same, one batch after the other.
        assert counts(house, workspace)["executions"] == 20
    work = await house.apply("shadower-system")
    assert any(name.startswith("executions") for name in work.partitions)
    assert not work.remaining


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


async def test_months_are_dropped_only_after_their_rows(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To count or remove them then would hold up all who write."""
    await filled(house, workspace)
    remove = Remover.remove

    async def later(remover: Remover, work: Work, one: str, table: str, *values: object) -> bool:
        return table == "executions" or await remove(remover, work, one, table, *values)

    with monkeypatch.context() as patched:
        patched.setattr(Remover, "remove", later)
        work = await house.apply("shadower-system")
    assert any(name.startswith("metric_points") for name in work.partitions)
    assert not any(name.startswith("executions") for name in work.partitions)
    work = await house.apply("shadower-system")
    assert any(name.startswith("executions") for name in work.partitions)


async def test_a_month_with_a_fact_that_nobody_removed_stays(house: House, workspace: str) -> None:
    await house.record(workspace, old_and_new(7)[:3])
    await house.apply(workspace)
    await house.record(f"{workspace}-b", old_and_new(9)[:1])
    month = days_ago(250)
    assert house.rows("select is_month_empty('executions', %s)", month) == [(False,)]
    assert house.rows("select drop_month('executions', %s)", month) == [(False,)]
    assert counts(house, f"{workspace}-b")["executions"] == 1


async def test_a_later_run_of_the_same_id_keeps_its_key(house: House, workspace: str) -> None:
    old = Execution("job-1", days_ago(200), "succeeded", "agent-a")
    await house.record(workspace, [old])
    # As if its key had gone before it.
    house.execute("delete from execution_keys")
    young = old._replace(started_at=days_ago(1))
    assert await house.record(workspace, [young]) == ["stored"]
    await house.apply(workspace)
    assert await house.record(workspace, [young]) == ["duplicate"]


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


async def test_what_is_gone_is_not_left_out_of_exports(house: House, workspace: str) -> None:
    runs = await filled(house, workspace)

    async def count(asked: Interval) -> int:
        query = ExecutionsQuery(workspace, Selection(asked), ("execution_id",))
        pools = open_pool(settings_of(house.url), EXPORTER_ROLE)
        async with pools as pool, found_executions(pool, query) as found:
            return found.count

    assert await count(WHOLE) == len(runs)
    await house.apply(workspace)
    with pytest.raises(InvalidArgument) as refused:
        await count(WHOLE)
    assert refused.value.reason == "FACTS_GONE"
    assert await count(Interval(days_ago(91), days_ago(0))) == 20


async def test_agents_and_types_of_points_whose_facts_are_gone_are_known(
    house: House, workspace: str
) -> None:
    random = Random(3)
    await house.record(workspace, some_runs(random, days_ago(250), DAY, 20))
    await house.record(workspace, some_runs(random, days_ago(120), DAY, 20))
    await house.record(workspace, some_points(random, days_ago(250), 140 * DAY, 3))
    await house.apply(workspace)
    assert counts(house, workspace) == dict.fromkeys(FACTS, 0)
    async with house.database.reading(workspace) as session:
        runs = AgentRuns(session, Selection(WHOLE))
        assert [await runs.name(f"agent-{one}") for one in "abcd"] == ["", "", "", None]
        assert await fetch_metric_types(session) == [DEPTH]


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


async def test_summaries_of_thirty_days_are_told_by_the_shortest_policy(
    house: House, workspace: str
) -> None:
    field = RetentionPolicy.DESCRIPTOR.fields_by_name["executions_days"]
    shortest = field.GetOptions().Extensions[validate_pb2.field].int32.gte
    with_policy(house, workspace, f'{{"executions_days": {shortest}}}')
    random = Random(3)
    runs = [run for day in range(70, 0, -3) for run in some_runs(random, days_ago(day), DAY, 3)]
    await house.record(workspace, runs)
    assert (await house.apply(workspace)).rows["executions"]
    async with house.database.reading(workspace) as session:
        for days in (7, 30):
            asked = Interval(session.as_of - days * DAY, session.as_of)
            assert (await fetch_active_users(session, asked)).previous
            assert (await fetch_periods(session, asked)).previous.total


async def test_whoever_keeps_house_may_do_no_more_than_that(house: House) -> None:
    asked = "select has_table_privilege('shadower_upkeep', %s, %s)"
    for table, privilege, may in [
        ("executions", "delete", True),
        ("erasures", "update", True),
        ("erasures", "delete", False),
        ("audit_entries", "update", False),
        *((name, "select", False) for name in ("schedule_leases", "scheduled_jobs", "job_runs")),
        ("job_runs", "delete", False),
    ]:
        assert house.rows(asked, table, privilege) == [(may,)], (table, privilege)
