"""When an agent failed, with what, how much of it ran at once, and for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.warehouse.database import Session
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups import outages, tallies
from services.warehouse.rollups.levels import PROFILES
from services.warehouse.rollups.outages import Outages
from services.warehouse.rollups.profiles import Asked, Piece, fetch_pieces, of_facts
from services.warehouse.rollups.spans import between, spans_of, to_microseconds, to_time
from services.warehouse.rollups.tallies import Counted

TOP_USERS = 10
MAX_PATTERNS = 20
# Fewer are no pattern.
SHARED = 3
SECOND = 1_000_000
BEST_FIRST = tuple(reversed(PROFILES))


@dataclass(frozen=True)
class Reliability:
    """Outages: from the start of a first failure to the start of the next success."""

    availability: float | None = None
    recovered_outages: int = 0
    recovery_seconds: float | None = None
    in_outage: bool = False


@dataclass(frozen=True)
class ErrorPattern:
    """A message that several runs share but for numbers and ids."""

    message: str
    error_type: str
    executions: int
    first_started_at: datetime
    last_started_at: datetime


@dataclass(frozen=True)
class UserUse:
    """Runs of one user."""

    user_id: str
    executions: int
    last_started_at: datetime


@dataclass(frozen=True)
class AgentProfile:
    """What statistics do not tell of an agent."""

    reliability: Reliability
    peak_concurrency: int
    error_patterns: list[ErrorPattern]
    top_users: list[UserUse]


def profile_of(pieces: Sequence[Piece]) -> AgentProfile:
    """Those of an agent, in the order of time. Takes as long as a query, and no connection."""
    users = tallies.merged(piece.users or b"" for piece in pieces)
    messages = tallies.merged(piece.messages or b"" for piece in pieces)
    return AgentProfile(
        reliability=_reliability(outages.joined(piece.outages for piece in pieces)),
        peak_concurrency=max((piece.peak for piece in pieces), default=0),
        error_patterns=[_pattern(one) for one in messages.most(MAX_PATTERNS, SHARED)],
        top_users=[_use(one) for one in users.most(TOP_USERS)],
    )


async def fetch_whole_pieces(
    session: Session, agent_id: str, interval: Interval
) -> Sequence[Piece]:
    """In the order of time. Where cells could not keep everything, the facts tell."""
    asked = Asked(between(interval.start, interval.end), BEST_FIRST, agent_id)
    pieces = await fetch_pieces(session, asked)
    missing = spans_of(piece.times for piece in pieces if not piece.is_whole)
    if not missing:
        return pieces
    found = [piece for piece in pieces if piece.is_whole]
    return sorted([*found, *await of_facts(session, asked, missing)], key=lambda one: one.times)


def _reliability(found: Outages | None) -> Reliability:
    if found is None:
        return Reliability()
    start, end = map(to_microseconds, (found.first_decided_at, found.last_decided_at))
    observed = end - start
    going_on = end - to_microseconds(found.failing_since) if found.failing_since else 0
    return Reliability(
        # Without time between runs, there is none to be available in.
        availability=(observed - found.outage_us - going_on) / observed if observed else None,
        recovered_outages=found.ended,
        recovery_seconds=found.outage_us / (found.ended * SECOND) if found.ended else None,
        in_outage=found.failing_since is not None,
    )


def _pattern(counted: Counted) -> ErrorPattern:
    error_type, _, message = counted.text.partition(" ")
    times = to_time(counted.first), to_time(counted.last)
    return ErrorPattern(message, error_type, counted.executions, *times)


def _use(counted: Counted) -> UserUse:
    return UserUse(counted.text, counted.executions, to_time(counted.last))
