"""Goes on with erasures, step by step. What a step has done is committed with how far it is, so
that whoever goes on does nothing twice and leaves nothing out, whatever ended the one before."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from services.warehouse.database import Database, Session
from services.warehouse.erasure.catalogue import (
    CATALOGUE,
    OfUser,
    tables_of_user,
    tables_of_workspace,
)
from services.warehouse.erasure.cells import rewrite_page
from services.warehouse.erasure.erasures import (
    FIRST_STEP,
    Erasure,
    OvertakenError,
    advance,
    end,
    fetch_erasure,
)
from services.warehouse.erasure.naming import Naming
from services.warehouse.erasure.renaming import rename_page
from services.warehouse.erasure.shape import shape_of
from services.warehouse.facts.horizon import BeyondHorizonError
from services.warehouse.retention.removing import Work

BATCH = 5_000
ELSEWHERE = "elsewhere"
STEPS: Mapping[str, list[str]] = MappingProxyType(
    {
        "user": [
            FIRST_STEP,
            *tables_of_user(),
            *(name for name, one in CATALOGUE.items() if one.of_user is OfUser.MADE_ANEW),
            ELSEWHERE,
        ],
        "workspace": [FIRST_STEP, *tables_of_workspace(), ELSEWHERE],
    }
)

Elsewhere = Callable[[Erasure], Awaitable[tuple[Mapping[str, int], datetime | None]]]
"""Erases what is not in the database; how much that was, and until when copies may lie where
nobody can erase them. Must bear to be called again."""


class Eraser:
    """In the role of whoever keeps house. Its database knows of the log, if there is one."""

    def __init__(self, database: Database, elsewhere: Elsewhere, batch: int = BATCH) -> None:
        self._database = database
        self._elsewhere = elsewhere
        self._batch = batch

    async def go_on(self, work: Work, workspace_id: str, erasure_id: UUID) -> bool:
        """Whether it is done."""
        async with self._database.writing(workspace_id) as session:
            erasure: Erasure | None = await fetch_erasure(session, erasure_id)
        try:
            while erasure is not None and erasure.ended_at is None:
                if not work.has_time:
                    return False
                erasure = await self._step(erasure)
        except (OvertakenError, BeyondHorizonError):
            # Somebody was faster: with this erasure, or with removing what is old.
            erasure = None
        work.remaining |= erasure is None
        return erasure is not None

    async def _step(self, erasure: Erasure) -> Erasure | None:
        """None if there is something to wait for."""
        if erasure.step == FIRST_STEP:
            return await self._after_log(erasure)
        if erasure.step == ELSEWHERE:
            return await self._end(erasure)
        async with self._database.writing(erasure.workspace_id) as session:
            return await self._page(session, erasure)

    async def _after_log(self, erasure: Erasure) -> Erasure | None:
        """What was acknowledged before it was asked for has to be in the database."""
        async with self._database.reading(erasure.workspace_id) as session:
            written = session.complete_until
        if written is None or written < erasure.requested_at:
            return None
        async with self._database.writing(erasure.workspace_id) as session:
            return await advance(session, erasure, _next(erasure), {}, {})

    async def _page(self, session: Session, erasure: Erasure) -> Erasure:
        if erasure.scope == "workspace":
            shape = await shape_of(session, erasure.step)
            rows = await session.connection.fetchval(
                shape.remove(), erasure.workspace_id, self._batch
            )
            step = erasure.step if rows == self._batch else _next(erasure)
            return await advance(session, erasure, step, {}, {erasure.step: rows})
        naming = Naming(erasure.user_id or "", erasure.pseudonym)
        is_of_cells = CATALOGUE[erasure.step].of_user is OfUser.MADE_ANEW
        turn_page = rewrite_page if is_of_cells else rename_page
        after, rows = await turn_page(session, erasure.step, naming, erasure.place.get("after"))
        if after is None:
            return await advance(session, erasure, _next(erasure), {}, {erasure.step: rows})
        return await advance(session, erasure, erasure.step, {"after": after}, {erasure.step: rows})

    async def _end(self, erasure: Erasure) -> Erasure:
        counts, copies_until = await self._elsewhere(erasure)
        async with self._database.writing(erasure.workspace_id) as session:
            await advance(session, erasure, erasure.step, {}, counts)
            await end(session, erasure, copies_until)
            return await fetch_erasure(session, erasure.erasure_id)


def _next(erasure: Erasure) -> str:
    steps = STEPS[erasure.scope]
    return steps[steps.index(erasure.step) + 1]
