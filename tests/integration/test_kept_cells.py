"""Cells of hours that writers add to agree with the facts after every transaction."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.faults import Unavailable
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.facts.keys import as_execution
from services.warehouse.facts.model import Execution, FactKind, Status
from services.warehouse.facts.staging import create_staging
from services.warehouse.queries.grouped import GroupedRow
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups import keeping
from services.warehouse.rollups.adding import add, by_cell, new_users
from services.warehouse.rollups.cells import calculate
from services.warehouse.rollups.kept import fetch_hashes
from services.warehouse.rollups.levels import KEPT
from services.warehouse.rollups.spans import Spans, between
from services.warehouse.traces.model import SpanKind
from tests.support.kept_cells import (
    BOTH,
    FIRST,
    HOUR,
    MINUTE,
    KeptCells,
    a_run,
    arriving_run,
    base_runs,
    later_said,
)
from tests.support.postgres import Server
from tests.support.traces import START, sid, span, traces

HOURS = between(BOTH.start, BOTH.end)
RUNS, SPANS, ROLL = FactKind.EXECUTION, FactKind.SPAN, "roll"


@pytest.fixture(scope="module")
async def database(postgres: Server, template: str, jwks_file: Path) -> AsyncIterator[Database]:
    url = postgres.create(template)
    given_settings = Settings(DATABASE_URL=url, jwks_file=jwks_file)
    async with open_pool(given_settings, prepare=create_staging) as pool:
        yield Database(pool)
    postgres.drop(url)


@pytest.fixture
async def cells(database: Database) -> KeptCells:
    return KeptCells(database)


@pytest.fixture
async def kept(cells: KeptCells, workspace: str) -> KeptCells:
    """With two hours of the workspace that writers keep right."""
    await cells.runs(workspace, *base_runs())
    await cells.roll(workspace)
    assert await cells.is_kept(workspace, FIRST)
    assert await cells.is_kept(workspace, FIRST + HOUR)
    return cells


@dataclass(frozen=True)
class Seen:
    """What answers are, which hours are kept, and whether kept cells had a part in the answers."""

    rows: list[GroupedRow]
    spans: Spans
    is_kept: bool

    def became(self, after: "Seen") -> str:
        """Whether all kept cells followed a change of the facts."""
        if self.spans - after.spans:
            return "lost"
        is_followed = after.is_kept and self.rows != after.rows
        return "followed" if is_followed and not HOURS - after.spans else "nothing"


async def look(cells: KeptCells, workspace: str, interval: Interval = BOTH) -> Seen:
    """All cells that are said to agree do, and so do answers with those from facts alone."""
    assert await cells.differences(workspace, interval) == []
    from_cells, from_facts, is_from_kept = await cells.answers(workspace, interval)
    assert from_cells == from_facts
    return Seen(from_cells, await cells.kept(workspace), is_from_kept)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(runs=st.lists(arriving_run(), min_size=1, max_size=12, unique_by=lambda run: run[0]))
async def test_cells_of_runs_are_what_the_database_makes_of_them(
    cells: KeptCells, runs: list[Execution]
) -> None:
    workspace = f"w-{uuid.uuid4().hex}"
    await cells.runs(workspace, *runs)
    span = between(BOTH.start, BOTH.end)
    changes = by_cell([(None, run) for run in runs], span)
    async with cells.database.reading(workspace) as session:
        hashes = await fetch_hashes(session, new_users(changes.values()))
        wanted = await calculate(session, KEPT, span.spans[0])
    outcome = add(changes, {}, hashes)
    assert sorted(outcome.cells.values()) == sorted(wanted)
    assert not outcome.empty
    assert not outcome.untold


STEP = st.one_of(
    st.tuples(st.just(RUNS), st.lists(arriving_run(), min_size=1, max_size=6)),
    # Of three kinds that differ in nothing, since few of them put an end to a cell.
    st.tuples(st.just(RUNS), st.lists(later_said(), min_size=1, max_size=3)),
    st.tuples(st.just(RUNS), st.lists(later_said(), min_size=1, max_size=3)),
    st.tuples(st.just(RUNS), st.lists(later_said(), min_size=1, max_size=3)),
    st.tuples(st.just(SPANS), traces()),
    st.tuples(st.just(ROLL), st.just([])),
)


@pytest.fixture
def seen() -> Iterator[Counter[str]]:
    """What steps have led to. Cells must have followed often, or nothing was tested."""
    counted: Counter[str] = Counter()
    yield counted
    assert counted["followed"] >= 20, counted
    assert counted["lost"] >= 3, counted


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=3, max_size=6))
async def test_whatever_is_recorded_in_whatever_order_kept_cells_agree(
    cells: KeptCells, seen: Counter[str], steps: list[tuple[str, Sequence[Any]]]
) -> None:
    workspace = f"w-{uuid.uuid4().hex}"
    await cells.runs(workspace, *base_runs())
    await cells.roll(workspace)
    before = await look(cells, workspace)
    for kind, facts in steps:
        if kind == ROLL:
            await cells.roll(workspace)
        else:
            await cells.record(workspace, FactKind(kind), *facts)
        after = await look(cells, workspace)
        seen[before.became(after)] += 1
        before = after


async def test_runs_of_this_hour_begin_and_end_in_kept_cells(
    cells: KeptCells, workspace: str
) -> None:
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    around = Interval(this_hour - HOUR, this_hour + 2 * HOUR)
    await cells.runs(workspace, *base_runs(around.start, hours=1))
    await cells.roll(workspace, around)
    begun = [
        a_run(f"run-{n}", this_hour + n * MINUTE, status=Status.RUNNING, user_id=f"user-{n}")
        for n in range(20)
    ]
    ended = [
        run._replace(status=Status.SUCCEEDED, ended_at=run.started_at + number * MINUTE)
        for number, run in enumerate(begun[:15])
    ]
    rated = [run._replace(user_rating=3) for run in ended[:5]]
    for runs in (begun, ended[:7], ended[7:], rated, begun[:3], ended[:3]):
        await cells.runs(workspace, *runs)
        assert await cells.is_kept(workspace, this_hour)
        assert (await look(cells, workspace, around)).is_kept


async def test_a_run_that_changes_twice_in_one_transaction_is_added_once(
    kept: KeptCells, workspace: str
) -> None:
    """Its producer rates it while further spans come in."""
    agent = span(1, kind=SpanKind.AGENT, user_id="ann")
    call = span(2, parent_span_id=sid(1), kind=SpanKind.MODEL_CALL, input_tokens=7)
    await kept.record(workspace, SPANS, agent)
    async with kept.database.reading(workspace) as session:
        found = "select * from executions where workspace_id = $1 and origin = 'trace'"
        stored = as_execution(await session.connection.fetchrow(found, workspace))
    rated = stored._replace(user_rating=5)
    await kept.record_all(workspace, {RUNS: [rated], SPANS: [call]})
    assert await kept.is_kept(workspace, START)
    await look(kept, workspace)


async def test_writers_of_one_hour_at_once_lose_nothing(kept: KeptCells, workspace: str) -> None:
    batches = [
        [
            a_run(f"run-{batch}-{n}", FIRST + n * MINUTE, user_id=f"u-{batch}", input_tokens=n)
            for n in range(10)
        ]
        for batch in range(8)
    ]
    again = [[run for batch in batches[:4] for run in batch[::3]] for _ in range(2)]
    await asyncio.gather(*(kept.runs(workspace, *runs) for runs in (*batches, *again)))
    after = await look(kept, workspace)
    assert await kept.is_kept(workspace, FIRST)
    assert sum(row.values[0] for row in after.rows) == len(base_runs()) + 80


async def test_rolling_while_runs_come_in_disturbs_nothing(kept: KeptCells, workspace: str) -> None:
    async def write() -> None:
        for n in range(30):
            await kept.runs(workspace, a_run(f"run-{n}", FIRST + n * MINUTE, user_id=f"u-{n}"))

    async def roll() -> None:
        for _ in range(3):
            await kept.roll(workspace)

    await asyncio.gather(write(), roll())
    after = await look(kept, workspace)
    assert sum(row.values[0] for row in after.rows) == len(base_runs()) + 30


@pytest.mark.parametrize("place", ["record.position", "record.commit"])
async def test_what_ends_before_it_commits_leaves_neither_facts_nor_cells(
    kept: KeptCells, workspace: str, place: str
) -> None:
    before = await look(kept, workspace)
    failing = KeptCells(kept.database, f"{place}=fail")
    run = a_run("run", FIRST, user_id="somebody")
    with pytest.raises(Unavailable):
        await failing.runs(workspace, run)
    assert await look(kept, workspace) == before
    await failing.runs(workspace, run)
    after = await look(kept, workspace)
    assert before.became(after) == "followed"


async def test_more_cells_than_are_worth_it_are_taken_out_instead(
    kept: KeptCells, workspace: str
) -> None:
    many = [a_run(f"run-{n}", FIRST, agent_id=f"new-{n}") for n in range(keeping.FEW_CELLS + 1)]
    await kept.runs(workspace, *many[1:])
    assert await kept.is_kept(workspace, FIRST)
    await kept.runs(workspace, *(run._replace(user_rating=1) for run in many))
    assert not await kept.is_kept(workspace, FIRST)
    assert await kept.is_kept(workspace, FIRST + HOUR)
    await look(kept, workspace)


async def test_a_bound_that_goes_takes_its_hour_out_until_it_is_rolled_up_again(
    kept: KeptCells, workspace: str
) -> None:
    dear, cheap = (
        a_run(name, FIRST, credits=Decimal(n)) for name, n in (("dear", 9), ("cheap", 2))
    )
    await kept.runs(workspace, dear, cheap)
    await kept.runs(workspace, dear._replace(credits=Decimal(10)))
    assert await kept.is_kept(workspace, FIRST)
    await kept.runs(workspace, dear._replace(credits=Decimal(1)))
    assert not await kept.is_kept(workspace, FIRST)
    assert await kept.is_kept(workspace, FIRST + HOUR)
    await look(kept, workspace)
    await kept.roll(workspace)
    assert await kept.is_kept(workspace, FIRST)
    await look(kept, workspace)


async def test_too_many_runs_that_have_not_ended_are_not_looked_for(
    kept: KeptCells, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MANY_RUNNING", 3)
    begun = [a_run(f"run-{n}", FIRST, status=Status.RUNNING, user_id=f"user-{n}") for n in range(4)]
    ended = [run._replace(status=Status.CANCELLED) for run in begun]
    await kept.runs(workspace, *begun[:3])
    await kept.runs(workspace, *ended[:1])
    assert await kept.is_kept(workspace, FIRST)
    await kept.runs(workspace, *begun[2:])
    await kept.runs(workspace, a_run("more", FIRST, status=Status.RUNNING))
    await kept.runs(workspace, *ended[1:2])
    assert not await kept.is_kept(workspace, FIRST)
    await look(kept, workspace)


async def test_cells_that_are_wrong_already_stop_no_writer(kept: KeptCells, workspace: str) -> None:
    """What goes from a cell that says it was never there is written to the facts all the same."""
    async with kept.database.writing(workspace) as session:
        await session.connection.execute("delete from execution_cells")
    await kept.runs(workspace, base_runs()[0]._replace(user_rating=5))
    assert not await kept.is_kept(workspace, FIRST)
    assert await kept.is_kept(workspace, FIRST + HOUR)
