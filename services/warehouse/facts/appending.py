"""Stores facts that never change once stored: metric points and events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Generic, TypeVar

from services.warehouse.database import Session
from services.warehouse.facts.executions import Written
from services.warehouse.facts.merging import compare_event, compare_point
from services.warehouse.facts.model import Event, MetricPoint, Outcome, Recorded
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

Fact = TypeVar("Fact", MetricPoint, Event)
Key = tuple[datetime, str]


@dataclass(frozen=True)
class AppendOnly(Generic[Fact]):
    """A table of facts: how to insert them, find them again, and compare two of one key."""

    insert: str
    find: str
    kind: type[Fact]
    compare: Callable[[Fact, Fact], Recorded]

    async def record(self, session: Session, arriving: Sequence[Fact]) -> Written:
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
            results.append(Recorded(Outcome.STORED) if is_new else self.compare(known[key], fact))
        return results

    async def _insert(self, session: Session, facts: Sequence[Fact]) -> set[Key]:
        names = [field.name for field in fields(self.kind)]
        columns = [[getattr(fact, name) for fact in facts] for name in names]
        rows = await session.connection.fetch(self.insert, session.workspace_id, *columns)
        return {(row["occurred_at"], row["id"]) for row in rows}

    async def _find(self, session: Session, keys: Sequence[Key]) -> dict[Key, Fact]:
        if not keys:
            return {}
        times, ids = zip(*keys, strict=True)
        rows = await session.connection.fetch(
            self.find, session.workspace_id, list(times), list(ids)
        )
        return {_key(fact): fact for fact in (self._fact(dict(row)) for row in rows)}

    def _fact(self, row: Mapping[str, Any]) -> Fact:
        return self.kind(**{field.name: row[field.name] for field in fields(self.kind)})


def _key(fact: MetricPoint | Event) -> Key:
    return fact.occurred_at, fact.id


METRIC_POINTS = AppendOnly(
    QUERIES["insert_points"], QUERIES["find_points"], MetricPoint, compare_point
)
EVENTS = AppendOnly(QUERIES["insert_events"], QUERIES["find_events"], Event, compare_event)
