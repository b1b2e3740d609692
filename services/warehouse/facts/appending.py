"""Stores facts that never change once stored: metric points and events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from services.warehouse.database import Session
from services.warehouse.facts.executions import Written
from services.warehouse.facts.merging import compare_event, compare_point
from services.warehouse.facts.model import STORED, Event, MetricPoint, Recorded
from services.warehouse.facts.staging import stage
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

Fact = TypeVar("Fact", MetricPoint, Event)
Key = tuple[datetime, str]


@dataclass(frozen=True)
class AppendOnly(Generic[Fact]):
    """A table of facts: which kind it holds, and how two of one key compare."""

    table: str
    id_column: str
    kind: type[Fact]
    compare: Callable[[Fact, Fact], Recorded]

    async def record(
        self, session: Session, arriving: Sequence[Fact], _kept_from: datetime | None = None
    ) -> Written:
        """Takes effect in the order given: the first fact of a key is the one that counts."""
        if not arriving:
            return Written([], set())
        firsts = {_key(fact): fact for fact in reversed(arriving)}
        stored = await self._insert(session, sorted(firsts.values(), key=_key))
        known = firsts | await self._find(session, [key for key in firsts if key not in stored])
        return Written(self._results(arriving, stored, known), {key[0] for key in stored})

    def _results(
        self, arriving: Sequence[Fact], stored: set[Key], known: Mapping[Key, Fact]
    ) -> list[Recorded]:
        unseen = set(stored)
        results = []
        for fact in arriving:
            key = _key(fact)
            is_new = key in unseen
            unseen.discard(key)
            results.append(STORED if is_new else self.compare(known[key], fact))
        return results

    async def _insert(self, session: Session, facts: Sequence[Fact]) -> set[Key]:
        await stage(session, self.table, self._columns, facts)
        rows = await session.connection.fetch(QUERIES[f"insert_{self.table}"], session.workspace_id)
        return {(row["occurred_at"], row["id"]) for row in rows}

    @property
    def _columns(self) -> tuple[str, ...]:
        return tuple(self.id_column if name == "id" else name for name in self.kind._fields)

    async def _find(self, session: Session, keys: Sequence[Key]) -> dict[Key, Fact]:
        if not keys:
            return {}
        times, ids = zip(*keys, strict=True)
        rows = await session.connection.fetch(
            QUERIES[f"find_{self.table}"], session.workspace_id, list(times), list(ids)
        )
        return {_key(fact): fact for fact in (self.kind(**dict(row)) for row in rows)}


def _key(fact: MetricPoint | Event) -> Key:
    return fact.occurred_at, fact.id


METRIC_POINTS = AppendOnly("metric_points", "point_id", MetricPoint, compare_point)
EVENTS = AppendOnly("events", "event_id", Event, compare_event)
