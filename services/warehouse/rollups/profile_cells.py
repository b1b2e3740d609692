"""Profiles as they are stored, and how they follow from shorter ones or from facts."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace
from itertools import groupby
from math import inf

from services.warehouse.database import Session
from services.warehouse.rollups import cells, outages, tallies
from services.warehouse.rollups.levels import PROFILES, Cuboid, Level, Sort
from services.warehouse.rollups.profiles import (
    COLUMNS,
    OF_OUTAGES,
    Asked,
    Piece,
    fetch_pieces,
)
from services.warehouse.rollups.spans import Span, Spans, to_time
from services.warehouse.rollups.tables import Cell, CellTable

PLACE = ("level", "start", "agent_id")
TABLE = CellTable("agent_profiles", PLACE, (*PLACE, *COLUMNS))
# So many different texts a cell keeps; of agents with more, the facts tell.
MOST = 20_000


async def weigh(session: Session, sort: Sort, span: Span) -> cells.Weight:
    return await cells.weigh(session, Sort(sort.level, Cuboid.AGENT), span)


async def calculate(session: Session, sort: Sort, span: Span) -> list[Cell]:
    """What the cells of a span have to be, by all that they follow from."""
    shorter = PROFILES[: PROFILES.index(sort)]
    asked = Asked(Spans((span,)), tuple(reversed(shorter)), level=sort.level)
    # However much there is in a cell, it has to be rolled up.
    found = await fetch_pieces(replace(session, cost_limit=inf), asked)
    pieces = sorted(found, key=lambda piece: _key(piece, sort.level))
    grouped = groupby(pieces, key=lambda piece: _key(piece, sort.level)[:2])
    return [_cell(sort.level, *key, list(parts)) for key, parts in grouped]


def _key(piece: Piece, level: Level) -> tuple[int, str, Span]:
    return level.floor(piece.times[0]), piece.agent_id, piece.times


def _cell(level: Level, start: int, agent_id: str, parts: Sequence[Piece]) -> Cell:
    of_outages = outages.joined(part.outages for part in parts)
    return (
        level.value,
        to_time(start),
        agent_id,
        _kept(part.users for part in parts),
        _kept(part.messages for part in parts),
        max(part.peak for part in parts),
        *(astuple(of_outages) if of_outages else [None] * len(OF_OUTAGES)),
    )


def _kept(packed: Iterable[bytes | None]) -> bytes | None:
    known = list(packed)
    found = [one for one in known if one is not None]
    if len(found) < len(known):
        return None
    tally = found[0] if len(found) == 1 else tallies.merged(found).packed()
    return tally if tallies.size(tally) <= MOST else None
