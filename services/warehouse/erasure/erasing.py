"""Goes on with erasures, step by step. What a step has done is committed with how far it is, so
that whoever goes on does nothing twice and leaves nothing out, whatever ended the one before."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from services.runtime.faults import DeadlineExceeded
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
    note,
)
from services.warehouse.erasure.letters import Tells, delete_page, told_by_bytes
from services.warehouse.erasure.naming import Naming
from services.warehouse.erasure.renaming import rename_page
from services.warehouse.erasure.shape import PAGE, Page, shape_of
from services.warehouse.facts.horizon import BeyondHorizonError
from services.warehouse.retention.removing import Work
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
BATCH = 5_000
ELSEWHERE = "elsewhere"
PATIENCE = "5s"
FEWEST = 10
# Last of all, what came meanwhile goes with the workspace, in one transaction.
LAST_OF_WORKSPACE = "workspaces"
STEPS: Mapping[str, list[str]] = MappingProxyType(
    {
        "user": [
            FIRST_STEP,
            *tables_of_user(),
            *(name for name, one in CATALOGUE.items() if one.of_user is OfUser.MADE_ANEW),
            ELSEWHERE,
        ],
        "workspace": [
            FIRST_STEP,
            # Keys go with their runs; those of runs that are gone, last of all.
            *(name for name in tables_of_workspace() if name != "execution_keys"),
            ELSEWHERE,
        ],
    }
)

Note = Callable[[Mapping[str, int]], Awaitable[None]]
"""Keeps how much of what was erased, whatever happens next."""
Elsewhere = Callable[[Erasure, Note], Awaitable[datetime | None]]
"""Erases what is not in the database, and notes each part of it; until when copies may lie where
nobody can erase them. Must bear to be called again."""


class Eraser:
    """In the role of whoever keeps house. Its database knows of the log, if there is one."""

    def __init__(
        self,
        database: Database,
        elsewhere: Elsewhere,
        batch: int = BATCH,
        tells: Tells = told_by_bytes,
    ) -> None:
        self._database = database
        self._elsewhere = elsewhere
        self._batch = batch
        self._tells = tells
        self._rows = PAGE
        """As many of a page as could be looked through lately."""

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
        return await self._in_time(erasure)

    async def _in_time(self, erasure: Erasure) -> Erasure:
        """A page, and half of it if that takes too long."""
        try:
            async with self._database.writing(erasure.workspace_id) as session:
                await session.connection.execute(QUERIES["patience"], PATIENCE)
                after = await self._page(session, erasure)
        except DeadlineExceeded:
            if self._rows <= FEWEST:
                raise
            self._rows = max(self._rows // 2, FEWEST)
            return erasure
        self._rows = min(self._rows * 2, PAGE)
        return after

    async def _after_log(self, erasure: Erasure) -> Erasure | None:
        """What was acknowledged before it was asked for has to be in the database."""
        async with self._database.reading(erasure.workspace_id) as session:
            written = session.complete_until
        if written is None or written < erasure.requested_at:
            return None
        async with self._database.writing(erasure.workspace_id) as session:
            return await advance(session, erasure, _next(erasure), {}, {})

    async def _page(self, session: Session, erasure: Erasure) -> Erasure:
        if erasure.scope == "user":
            place, rows = await self._page_of_user(session, erasure)
            counts = {erasure.step: rows}
            if place is not None:
                return await advance(session, erasure, erasure.step, {"after": place}, counts)
            return await advance(session, erasure, _next(erasure), {}, counts)
        is_last = erasure.step == LAST_OF_WORKSPACE
        counts = await (self._rest(session) if is_last else self._some(session, erasure.step))
        is_whole = all(rows < self._most for rows in counts.values())
        step = _next(erasure) if is_whole else erasure.step
        return await advance(session, erasure, step, {}, counts)

    async def _page_of_user(self, session: Session, erasure: Erasure) -> Page:
        naming = Naming(erasure.user_id or "", erasure.pseudonym)
        rest = (naming, erasure.place.get("after"), self._rows)
        match CATALOGUE[erasure.step].of_user:
            case OfUser.MADE_ANEW:
                return await rewrite_page(session, erasure.step, *rest)
            case OfUser.DELETED:
                return await delete_page(session, self._tells, *rest)
            case _:
                return await rename_page(session, erasure.step, *rest)

    @property
    def _most(self) -> int:
        """Rows of a table that are removed at once."""
        return min(self._batch, self._rows)

    async def _some(self, session: Session, table: str) -> dict[str, int]:
        """Writers take the workspace last, too. What they hold is left for the end."""
        rows = await self._remove(session, table, "skip locked")
        await session.connection.execute(QUERIES["hold"], session.workspace_id)
        return {table: rows}

    async def _rest(self, session: Session) -> dict[str, int]:
        """What is left of all tables, while nobody adds to them; and then the workspace."""
        await session.connection.execute(QUERIES["hold"], session.workspace_id)
        counts: dict[str, int] = {}
        for table in tables_of_workspace():
            if table == LAST_OF_WORKSPACE and not all(n < self._most for n in counts.values()):
                break
            counts[table] = await self._remove(session, table, "")
        return counts

    async def _remove(self, session: Session, table: str, waiting: str) -> int:
        statement = (
            QUERIES["runs"].format(waiting=waiting)
            if table == "executions"
            else (await shape_of(session, table)).remove()
        )
        connection = session.connection
        removed: int = await connection.fetchval(statement, session.workspace_id, self._most)
        return removed

    async def _end(self, erasure: Erasure) -> Erasure:
        async def note_part(counts: Mapping[str, int]) -> None:
            async with self._database.writing(erasure.workspace_id) as session:
                await note(session, erasure.erasure_id, counts)

        copies_until = await self._elsewhere(erasure, note_part)
        async with self._database.writing(erasure.workspace_id) as session:
            await end(session, erasure, copies_until)
            return await fetch_erasure(session, erasure.erasure_id)


def _next(erasure: Erasure) -> str:
    steps = STEPS[erasure.scope]
    return steps[steps.index(erasure.step) + 1]
