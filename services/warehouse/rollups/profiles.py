"""Profiles: what statistics do not tell of an agent in a time, from cells and from facts.

Users and messages as tallies, outages, and the most runs at one instant.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from services.warehouse.database import Session, plan_by_values
from services.warehouse.queries.cost import check_cost, narrowable_fields
from services.warehouse.queries.grouped import FEW_FACTS
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.kept import check_kept
from services.warehouse.queries.selection import Filter, Selection
from services.warehouse.queries.sources import arms_of_facts
from services.warehouse.rollups.levels import LONGEST_RUN, Level, Sort
from services.warehouse.rollups.outages import Outages
from services.warehouse.rollups.planning import Part, cover
from services.warehouse.rollups.spans import Span, Spans, spans_of, to_microseconds, to_time
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
OF_OUTAGES = tuple(field.name for field in fields(Outages))
COLUMNS = ("users", "messages", "peak", *OF_OUTAGES)
HOUR = Level.HOUR.length


class Piece(NamedTuple):
    """The profile of an agent in a part of a time.

    Tallies are packed; one is None where more is different than a cell can keep.
    """

    times: Span
    agent_id: str
    users: bytes | None
    messages: bytes | None
    peak: int
    outages: Outages | None

    @property
    def is_whole(self) -> bool:
        return self.users is not None and self.messages is not None


@dataclass(frozen=True)
class Asked:
    """Times, sorts of cells to take them from, the best first, and an agent, if not all.

    What is read from facts is cut into cells of a level, if any.
    """

    times: Spans
    sorts: Sequence[Sort] = ()
    agent_id: str | None = None
    level: Level | None = None

    @property
    def selection(self) -> Selection:
        """What to narrow facts to; their times are another matter."""
        agents = () if self.agent_id is None else (self.agent_id,)
        start, end = self.times.spans[0][0], self.times.spans[-1][1]
        return Selection(Interval(to_time(start), to_time(end)), Filter(agent_ids=agents))


@dataclass(frozen=True)
class Runs:
    """Runs with what profiles need of them; `lasting` are those of more than an hour."""

    lasting: bool = False

    def units(self, where: str, _parameters: Parameters) -> str:
        return QUERIES["runs"].format(where=where)

    def condition(self, selection: Selection, parameters: Parameters) -> str:
        condition = selection.narrowing(parameters)
        return QUERIES["lasting"].format(condition=condition) if self.lasting else condition


async def fetch_pieces(session: Session, asked: Asked) -> list[Piece]:
    """In the order of time."""
    planned = cover(asked.times, asked.sorts, session.rolled)
    cells = await _of_cells(session, asked, planned.parts) if planned.parts else []
    facts = await of_facts(session, asked, planned.facts) if planned.facts else []
    return sorted([*cells, *facts], key=lambda piece: piece.times)


async def of_facts(session: Session, asked: Asked, times: Spans) -> list[Piece]:
    # Runs from before may last into them, and are kept as long as that.
    check_kept(times, session.horizon.runs_from)
    places = list(_cut(times, asked.level))
    parameters = Parameters(session.workspace_id)
    statement = QUERIES["of_facts"].format(
        runs=_runs(asked, times, parameters),
        early=_early(asked, times, parameters),
        starts=_bound([start for start, _ in places], parameters),
        ends=_bound([end for _, end in places], parameters),
        tally=QUERIES["tally"],
    )
    if times.length > FEW_FACTS:
        await plan_by_values(session)
        narrowable = list(narrowable_fields(asked.selection.filter, (), ()))
        await check_cost(session, statement, parameters.values, narrowable)
    rows = await session.connection.fetch(statement, *parameters.values)
    return [_piece(row, places[row["place"] - 1]) for row in rows]


def _runs(asked: Asked, times: Spans, parameters: Parameters) -> str:
    return arms_of_facts(Runs(), asked.selection, times, parameters)


def _early(asked: Asked, times: Spans, parameters: Parameters) -> str:
    """Runs from before the times that may last into them."""
    hour, day = (
        spans_of((start - length, start) for start, _ in times) - times
        for length in (HOUR, LONGEST_RUN)
    )
    lasting = arms_of_facts(Runs(lasting=True), asked.selection, day - hour, parameters)
    return f"{_runs(asked, hour, parameters)}\nunion all\n{lasting}"


def _bound(times: Iterable[int], parameters: Parameters) -> str:
    return f"{parameters.bind([to_time(time) for time in times])}::timestamptz[]"


def _cut(times: Spans, level: Level | None) -> Iterator[Span]:
    """Where cells of the level begin, wherever in one the times do."""
    for start, end in times:
        first = start
        while first < end:
            last = min(end, level.floor(first) + level.length) if level else end
            yield first, last
            first = last


async def _of_cells(session: Session, asked: Asked, parts: Sequence[Part]) -> list[Piece]:
    spans = [(part.sort.level, *span) for part in parts for span in part.times]
    parameters = Parameters(session.workspace_id)
    statement = QUERIES["of_cells"].format(
        levels=parameters.bind([level.value for level, _, _ in spans]),
        starts=parameters.bind([to_time(start) for _, start, _ in spans]),
        ends=parameters.bind([to_time(end) for _, _, end in spans]),
        columns=", ".join(COLUMNS),
        condition=asked.selection.narrowing(parameters),
    )
    rows = await session.connection.fetch(statement, *parameters.values)
    return [_piece(row, _times_of(row)) for row in rows]


def _times_of(row: Any) -> Span:
    start = to_microseconds(row["start"])
    return start, start + Level(row["level"]).length


def _piece(row: Any, times: Span) -> Piece:
    outages = Outages(*(row[name] for name in OF_OUTAGES)) if row["first_decided_at"] else None
    return Piece(times, row["agent_id"], row["users"], row["messages"], row["peak"], outages)
