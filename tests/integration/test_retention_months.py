"""Months that nobody keeps are dropped as a whole, after their rows."""

import psycopg
import pytest

from services.warehouse.retention.removing import Remover, Work
from tests.support.retention import WHOLE, counts, filled, old_and_new
from tests.support.upkeep import House, days_ago


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
