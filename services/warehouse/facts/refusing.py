"""Keeps facts out that are from before what a workspace keeps.

A process learns of a workspace's horizon when it first meets it: the transaction that logs a change
has the row locked in which it stands, and fails if it has touched anything before it. A horizon
moves on, and goes when a workspace is erased: before one that was heard of refuses anything, its
row is read again.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from services.warehouse.database import Session
from services.warehouse.facts.changes import fetch_horizon
from services.warehouse.facts.executions import Written
from services.warehouse.facts.horizon import BeyondHorizonError, Horizon
from services.warehouse.facts.model import TOO_OLD

MOST_REMEMBERED = 10_000
ANY_TIME = Horizon()

Record = Callable[[Session, Sequence[Any], datetime | None], Awaitable[Written]]
"""Stores facts, none of which is from before a time, if one is given."""


class Horizons:
    """Those that were met. One that is forgotten is met again."""

    def __init__(self) -> None:
        self._met: OrderedDict[str, Horizon] = OrderedDict()

    def of(self, workspace_id: str) -> Horizon:
        return self._met.get(workspace_id, ANY_TIME)

    async def seen_again(self, session: Session) -> Horizon:
        """As it stands by now."""
        horizon = await fetch_horizon(session)
        self._remember(session.workspace_id, horizon)
        return horizon

    def meet(self, beyond: BeyondHorizonError) -> None:
        self._remember(beyond.workspace_id, beyond.horizon)

    def _remember(self, workspace_id: str, horizon: Horizon) -> None:
        self._met[workspace_id] = horizon
        self._met.move_to_end(workspace_id)
        if len(self._met) > MOST_REMEMBERED:
            self._met.popitem(last=False)


async def record_kept(
    session: Session,
    facts: Sequence[Any],
    kept_from: datetime | None,
    time: Callable[[Any], datetime],
    record: Record,
) -> Written:
    """Stores what is young enough, and refuses the rest."""
    if kept_from is None or all(time(fact) >= kept_from for fact in facts):
        return await record(session, facts, kept_from)
    young = [fact for fact in facts if time(fact) >= kept_from]
    written = await record(session, young, kept_from)
    told = iter(written.results)
    results = [next(told) if time(fact) >= kept_from else TOO_OLD for fact in facts]
    return Written(results, written.touched, written.runs)
