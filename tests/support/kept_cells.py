"""A warehouse whose cells are kept right by writers, and what generated writers write into it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.runtime.failpoints import Failpoints
from services.warehouse.database import Database
from services.warehouse.facts.model import ErrorType, Execution, FactKind, Status
from services.warehouse.facts.recorder import Batch, Recorder
from services.warehouse.queries.grouped import GroupedQuery, GroupedRow, fetch_grouped
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.labels import dimension
from services.warehouse.queries.registry import MEASURES
from services.warehouse.queries.selection import Selection
from services.warehouse.rollups.levels import KEPT, KEYS, Level
from services.warehouse.rollups.planning import Wanted, plan
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import Spans, between, to_microseconds
from services.warehouse.rollups.verifying import Difference, Verifier

# The hour before midnight, and the one behind it; tests' spans begin two seconds before midnight.
FIRST = datetime(2025, 3, 31, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOTH = Interval(FIRST, FIRST + 2 * HOUR)
MINUTE = timedelta(minutes=1)


class KeptCells:
    """Records like any writer, rolls up like the scheduler, and recounts."""

    def __init__(self, database: Database, failpoints: str = "") -> None:
        self.database = database
        self._recorder = Recorder(database, Failpoints(failpoints))

    async def record(self, workspace: str, kind: FactKind, *facts: Any) -> None:
        await self.record_all(workspace, {kind: facts})

    async def record_all(self, workspace: str, facts: Mapping[FactKind, Sequence[Any]]) -> None:
        await self._recorder.record([Batch(workspace, facts)])

    async def runs(self, workspace: str, *runs: Execution) -> None:
        await self.record(workspace, FactKind.EXECUTION, *runs)

    async def roll(self, workspace: str, interval: Interval = BOTH) -> None:
        async for _ in Roller(self.database).roll(workspace, interval):
            pass

    async def differences(self, workspace: str, interval: Interval) -> list[Difference]:
        verifier = Verifier(self.database)
        verified = [one async for one in verifier.verify(workspace, interval, repair=False)]
        return [difference for one in verified for difference in one.differences]

    async def kept(self, workspace: str) -> Spans:
        async with self.database.reading(workspace) as session:
            return session.rolled.get(KEPT, Spans())

    async def is_kept(self, workspace: str, time: datetime) -> bool:
        start = Level.HOUR.floor(to_microseconds(time))
        hour = Spans(((start, start + Level.HOUR.length),))
        return not hour - await self.kept(workspace)

    async def answers(
        self, workspace: str, interval: Interval = BOTH
    ) -> tuple[list[GroupedRow], list[GroupedRow], bool]:
        """From cells as far as they go, from facts alone, and whether kept cells had a part."""
        query = GroupedQuery(
            Selection(interval),
            measures=[MEASURES["executions"], *(m for m in MEASURES.values() if not m.of_facts)],
            labels=[dimension(key) for key in KEYS],
        )
        async with self.database.reading(workspace) as session:
            wanted = Wanted(between(interval.start, interval.end), frozenset(KEYS))
            parts = plan(wanted, session.rolled).parts
            from_cells = await fetch_grouped(session, query)
            from_facts = await fetch_grouped(replace(session, rolled={}), query)
        return from_cells, from_facts, any(part.sort == KEPT for part in parts)


def a_run(name: str, started_at: datetime, **content: Any) -> Execution:
    given: dict[str, Any] = {"status": Status.SUCCEEDED, "agent_id": "agent-0"} | content
    return Execution(execution_id=name, started_at=started_at, **given)


def base_runs(first: datetime = FIRST, hours: int = 2, count: int = 48) -> list[Execution]:
    """So many in so few cells that their hours are worth keeping."""
    return [
        a_run(
            f"base-{hour}-{number}",
            start := first + hour * HOUR + number * MINUTE,
            agent_id=f"agent-{number % 2}",
            ended_at=start + timedelta(milliseconds=100 * number),
            user_id=f"user-{number % 5}",
            model="m",
            input_tokens=number,
            output_tokens=7 * number if number % 3 else None,
            cost_usd=Decimal(number).scaleb(-3),
        )
        for hour in range(hours)
        for number in range(count)
    ]


TIMES = [FIRST, FIRST + timedelta(minutes=59, seconds=59, microseconds=999_999), FIRST + HOUR]
LASTED = [timedelta(), timedelta(microseconds=1), timedelta(seconds=3), timedelta(hours=5)]
AMOUNTS = [None, Decimal(0), Decimal("0.000000000001"), Decimal("999999999999.5"), Decimal("1.50")]
ERRORS = {
    Status.FAILED: [ErrorType.NETWORK, ErrorType.UNKNOWN],
    Status.TIMED_OUT: [ErrorType.TIMEOUT],
}


@st.composite
def arriving_run(draw: st.DrawFn) -> Execution:
    """New, again, late, ending, rated: whatever the few ids make of it."""
    status = draw(st.sampled_from([Status.RUNNING, Status.RUNNING, Status.SUCCEEDED, *Status]))
    start = draw(st.sampled_from(TIMES))
    lasted = draw(st.sampled_from([None, *LASTED]))
    tokens = st.sampled_from([None, 0, 5, 10**12])
    return a_run(
        draw(st.sampled_from("abcdef")),
        start,
        status=status,
        agent_id=draw(st.sampled_from(["agent-0", "agent-1", "ü"])),
        error_type=draw(st.sampled_from(ERRORS.get(status, [None]))),
        ended_at=None if lasted is None or status is Status.RUNNING else start + lasted,
        user_id=draw(st.sampled_from([None, "user-0", "ü-9"])),
        model=draw(st.sampled_from([None, "m"])),
        input_tokens=draw(tokens),
        output_tokens=draw(tokens),
        cached_input_tokens=draw(tokens),
        cost_usd=draw(st.sampled_from(AMOUNTS)),
        credits=draw(st.sampled_from(AMOUNTS)),
        user_rating=draw(st.sampled_from([None, 1, 3, 5])),
        tool_calls=draw(st.sampled_from([None, 0, 2])),
        conversation_id=draw(st.sampled_from([None, "c"])),
    )


@st.composite
def later_said(draw: st.DrawFn) -> Execution:
    """A rating, a cost or credits of a run that has ended, one of which was the dearest."""
    known = draw(st.sampled_from(base_runs()[-1:-6:-2]))
    amount = st.sampled_from(AMOUNTS)
    rating = draw(st.sampled_from([None, 1, 5]))
    return known._replace(user_rating=rating, credits=draw(amount), cost_usd=draw(amount))
