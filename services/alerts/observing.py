"""Asks the query engine about windows. Those that follow each other are asked for at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.alerts.conditions import windows_at
from services.alerts.observations import Observations
from services.alerts.rule import Rule
from services.runtime.faults import InvalidArgument
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

    @property
    def halves(self) -> "tuple[_Chain, _Chain]":
        middle = len(self.windows) // 2
        return _Chain(self.windows[:middle]), _Chain(self.windows[middle:])


async def observe(
    session: Session,
    rule: Rule,
    moments: Sequence[datetime],
    needed: Collection[Interval] = (),
) -> Observations:
    """All that must be known to judge the moments. Raises a Fault: also FACTS_GONE, if a window
    that is needed is not kept any more. Of others that are gone, nothing is known."""
    seen = Observations(rule.question.counts, is_grouped=bool(rule.question.labels))
    looked_at = [windows_at(rule, moment) for moment in moments]
    for chain in _chains({one for windows in looked_at for one in windows}):
        await _add_kept(seen, session, rule, chain, needed)
        if len(seen.labels) > MOST_GROUPS:
            raise alerts_full(MOST_GROUPS, "groups of a rule")
    compared = sum(map(len, looked_at)) * len(seen.labels)
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


async def _add_kept(
    seen: Observations, session: Session, rule: Rule, chain: _Chain, needed: Collection[Interval]
) -> None:
    """What cells still tell is asked for beside what is gone. Refusals are planned, not queried."""
    try:
        rows = await _fetch(session, rule, chain)
    except InvalidArgument as refused:
        if refused.reason != "FACTS_GONE":
            raise
        if len(chain.windows) > 1:
            for half in chain.halves:
                await _add_kept(seen, session, rule, half, needed)
        elif chain.windows[0] in needed:
            raise
        else:
            seen.gone.add(chain.windows[0])
    else:
        for row in rows:
            _add(seen, chain, row)


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
