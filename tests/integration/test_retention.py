"""Retention removes what is old enough and nothing else, and what rollups answer stays the same."""

from random import Random

import pytest
from buf.validate import validate_pb2
from shadower.upkeep.v1.retention_pb2 import RetentionPolicy

from services.runtime.faults import InvalidArgument
from services.runtime.pool import EXPORTER_ROLE, open_pool
from services.upkeep.applying import Scope
from services.warehouse.exports.executions import ExecutionsQuery, found_executions
from services.warehouse.facts.ledger import fetch_ledger
from services.warehouse.facts.model import Execution
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.performance import AgentRuns
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.workspace import (
    fetch_active_users,
    fetch_metric_types,
    fetch_periods,
)
from tests.support.bus import settings_of
from tests.support.retention import FACTS, WHOLE, counts, filled, with_policy
from tests.support.rolling import roll
from tests.support.upkeep import DAY, DEPTH, HOUR, House, days_ago, some_points, some_runs


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


async def test_a_later_run_of_the_same_id_keeps_its_key(house: House, workspace: str) -> None:
    old = Execution("job-1", days_ago(200), "succeeded", "agent-a")
    await house.record(workspace, [old])
    # As if its key had gone before it.
    house.execute("delete from execution_keys")
    young = old._replace(started_at=days_ago(1))
    assert await house.record(workspace, [young]) == ["stored"]
    await house.apply(workspace)
    assert await house.record(workspace, [young]) == ["duplicate"]


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
