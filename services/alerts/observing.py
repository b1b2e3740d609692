"""Asks the query engine about windows. Those that follow each other are asked for at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.alerts.conditions import windows_at
from services.alerts.observations import Observations
from services.alerts.rule import Rule
from services.warehouse.alerts.rules import alerts_full
from services.warehouse.database import Session
from services.warehouse.queries.aggregation import too_many_rows
from services.warehouse.queries.buckets import MAX_BUCKETS, Buckets
from services.warehouse.queries.grouped import GroupedQuery, GroupedRow, fetch_grouped
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection

MOST_GROUPS = 1_000
MOST_ROWS = 100_000
MOST_COMPARED = 500_000
"""Values of groups at windows that moments compare: about a second's work without a pause."""


@dataclass(frozen=True)
class _Chain:
    """Windows without gaps between them."""

    windows: list[Interval]

    @property
    def buckets(self) -> Buckets:
        return Buckets(tuple(one.start for one in self.windows), self.windows[-1].end)


async def observe(session: Session, rule: Rule, moments: Sequence[datetime]) -> Observations:
    """All that must be known to judge the moments. Raises a Fault."""
    seen = Observations(rule.question.counts, is_grouped=bool(rule.question.labels))
    windows = {window for moment in moments for window in windows_at(rule, moment)}
    for chain in _chains(windows):
        for row in await _fetch(session, rule, chain):
            _add(seen, chain, row)
        if len(seen.labels) > MOST_GROUPS:
            raise alerts_full(MOST_GROUPS, "groups of a rule")
    compared = sum(len(windows_at(rule, moment)) for moment in moments) * len(seen.labels)
    if compared > MOST_COMPARED:
        raise too_many_rows(MOST_COMPARED)
    return seen


def _chains(windows: Iterable[Interval]) -> list[_Chain]:
    chains: list[_Chain] = []
    ending: dict[datetime, _Chain] = {}
    for window in sorted(windows, key=lambda one: (one.start, one.end)):
        chain = ending.pop(window.start, None)
        if chain is None or len(chain.windows) == MAX_BUCKETS:
            chain = _Chain([])
            chains.append(chain)
        chain.windows.append(window)
        ending[window.end] = chain
    return chains


async def _fetch(session: Session, rule: Rule, chain: _Chain) -> list[GroupedRow]:
    question, buckets = rule.question, chain.buckets
    query = GroupedQuery(
        Selection(buckets.whole, question.filter),
        [question.measure],
        question.labels,
        buckets,
        limit=MOST_ROWS + 1,
        source=question.source,
    )
    rows = await fetch_grouped(session, query)
    if len(rows) > MOST_ROWS:
        raise too_many_rows(MOST_ROWS)
    return rows


def _add(seen: Observations, chain: _Chain, row: GroupedRow) -> None:
    (value,) = row.values
    if row.bucket:
        window = chain.windows[row.bucket - 1]
        seen.add(window, row.labels, None if value is None else float(value))
