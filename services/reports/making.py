"""Makes the reports that wait to be made: each by one process at a time, and told once.

What is to be downloaded is kept first. Then, in one transaction, the report is done, a link to it
is there if somebody is to be told of it, and the bus is told; and only for who still holds it. So a
process that is killed, or overtaken, leaves at most objects behind that nobody knows, which are
cleaned up.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from shadower.reports.v1.report_definition_pb2 import ReportDefinition

from services.reports import events
from services.reports.definitions import format_name, read, retention_of
from services.reports.holding import LEASE, Held, LostError, held
from services.reports.linking import LONGEST_LIFETIME, Linking, Way
from services.reports.numbers.mesh import Mesh, UnansweredError
from services.reports.numbers.telling import Telling, Told, document_of
from services.reports.rendering.renderer import RenderingError
from services.reports.storing import Writing, files_of
from services.runtime.failpoints import Failpoints
from services.runtime.faults import Fault
from services.warehouse.bus.publishing import publish
from services.warehouse.database import Database, Session
from services.warehouse.reports.everywhere import ReportsEverywhere
from services.warehouse.reports.reports import (
    Absent,
    Claim,
    File,
    KeptReport,
    Made,
    begin,
    fail,
    finish,
    keys_for_sure,
    try_again,
    wait,
)

AT_ONCE = 2
BY = "schedule"
PATIENCE = timedelta(minutes=10)
"""So long a report waits for the facts of its period."""
LOOK_AGAIN = timedelta(seconds=15)
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300))
"""Before a report that failed is made again; after them it has failed."""
MOST_ATTEMPTS = len(DELAYS) + 1
ASKED, RENDERED = 70, 90
"""How much of a report is made, in per cent, when its numbers are known; when it is rendered."""
MOST_WORDS = 500
FOR_GOOD = {"REPORT_TOO_LARGE"}
"""What is no better at the next attempt."""


@dataclass
class Done:
    """What was done."""

    begun: int = 0
    done: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class _Work:
    """A report that is being made."""

    claim: Claim
    kept: KeptReport
    message: ReportDefinition

    @property
    def formats(self) -> list[str]:
        return [format_name(one) for one in self.message.formats]

    @property
    def is_last_try(self) -> bool:
        return self.kept.attempts >= MOST_ATTEMPTS


@dataclass(frozen=True)
class Maker:
    """Claims reports, and makes them."""

    database: Database
    everywhere: ReportsEverywhere
    mesh: Mesh
    writing: Writing
    linking: Linking
    failpoints: Failpoints
    patience: timedelta = PATIENCE

    async def make(self, workspace_id: str | None, most: int, most_time: timedelta) -> Done:
        """Those of a workspace, or of all."""
        done, ends_at = Done(), monotonic() + most_time.total_seconds()
        while done.begun < most and monotonic() < ends_at:
            number = min(AT_ONCE, most - done.begun)
            claims = await self.everywhere.claim(workspace_id, number, LEASE)
            if not claims:
                break
            done.begun += len(claims)
            making = (self._make(claim, done) for claim in claims)
            ended = await asyncio.gather(*making, return_exceptions=True)
            for claim, broken in zip(claims, ended, strict=True):
                _note_broken(claim, broken, done)
        return done

    async def count(self, workspace_id: str | None) -> int:
        return await self.everywhere.count_to_make(workspace_id)

    async def _make(self, claim: Claim, done: Done) -> None:
        async with self.database.writing(claim.workspace_id) as session:
            kept = await begin(session, claim)
        if kept is None:
            return
        work = _Work(claim, kept, read(kept.definition))
        try:
            if kept.attempts > MOST_ATTEMPTS:
                # Whoever made it before did not live to say what went wrong.
                await self._give_up(
                    work, "ABANDONED", "its making was begun, and never ended", done
                )
            else:
                async with held(self.database, claim) as holding:
                    await self._attempt(work, holding, done)
        except LostError:
            _log(claim).info("report lost")
        except (UnansweredError, Fault) as failed:
            await self._failed(work, failed.reason, str(failed), done)
        except RenderingError as failed:
            await self._failed(work, "INTERNAL", str(failed), done)

    async def _attempt(self, work: _Work, holding: Held, done: Done) -> None:
        telling = Telling.of(self.mesh, work.kept, work.message, work.claim.workspace_id)
        if not await telling.is_complete() and self._may_wait(work):
            done.waiting += 1
            async with self.database.writing(work.claim.workspace_id) as session:
                await wait(session, work.claim, LOOK_AGAIN)
            return
        told = await self._tell(work, telling, holding)
        now = datetime.now(UTC)
        document = document_of(work.kept, work.message, work.claim.workspace_id, told, now)
        contents = await self.writing.render(document, work.formats)
        await holding.go_on(RENDERED)
        await self._finish(work, told, contents)
        done.done += 1

    def _may_wait(self, work: _Work) -> bool:
        return datetime.now(UTC) < work.kept.created_at + self.patience

    async def _tell(self, work: _Work, telling: Telling, holding: Held) -> Told:
        sections, absent = [], []
        for number, section in enumerate(work.message.sections, 1):
            told = await telling.section(section, is_last_try=work.is_last_try)
            if isinstance(told, Absent):
                absent.append(told)
            else:
                sections.append(told)
            await holding.go_on(ASKED * number // len(work.message.sections))
        if not sections:
            raise UnansweredError("NOTHING_TOLD", "; ".join(one.reason for one in absent))
        return Told(telling.as_of, telling.complete_until, sections, absent)

    async def _finish(self, work: _Work, told: Told, contents: Sequence[bytes]) -> None:
        claim = work.claim
        self.failpoints.reach("report.rendered")
        files = files_of(claim, work.formats, contents)
        async with AsyncExitStack() as unless_done:
            # Lost, cancelled, or failed: it may be of a user who has just been erased.
            unless_done.push_async_callback(self._forget, claim, files)
            await self.writing.keep(files, contents)
            self.failpoints.reach("report.kept")
            await self._tell_all(work, Made(told.as_of, told.complete_until, files, told.absent))
            unless_done.pop_all()
        _log(claim).info("report done")

    async def _forget(self, claim: Claim, files: Sequence[File]) -> None:
        """Unless the report names them after all: whose commit is not answered does not know."""
        try:
            async with self.database.writing(claim.workspace_id) as session:
                known = await keys_for_sure(session, claim.report_id)
            await self.writing.forget([one.key for one in files if one.key not in known])
        except Fault as away:
            _log(claim).warning("files wait for a clean-up", error=str(away))

    async def _tell_all(self, work: _Work, made: Made) -> None:
        claim = work.claim
        async with self.database.writing(claim.workspace_id) as session:
            if not await finish(session, claim, made, retention_of(work.message)):
                raise LostError(claim.report_id)
            way = await self._way(session, work)
            await publish(session, events.generated(work.kept, work.message, way))
        self.failpoints.reach("report.told")

    async def _way(self, session: Session, work: _Work) -> Way | None:
        """A link lets in whoever has it: there is none that nobody is to be told."""
        if not work.message.recipients:
            return None
        return await self.linking.make(session, work.claim.report_id, BY, LONGEST_LIFETIME)

    async def _failed(self, work: _Work, reason: str, words: str, done: Done) -> None:
        _log(work.claim).warning("report failed", reason=reason, error=words)
        if work.is_last_try or reason in FOR_GOOD:
            return await self._give_up(work, reason, words, done)
        done.failed += 1
        delay = DELAYS[work.kept.attempts - 1]
        async with self.database.writing(work.claim.workspace_id) as session:
            await try_again(session, work.claim, delay, reason, words[:MOST_WORDS])
        return None

    async def _give_up(self, work: _Work, reason: str, words: str, done: Done) -> None:
        done.failed += 1
        async with self.database.writing(work.claim.workspace_id) as session:
            if await fail(session, work.claim, reason, words[:MOST_WORDS]):
                told = events.failed(work.kept, work.message, reason, words[:MOST_WORDS])
                await publish(session, told)


def _note_broken(claim: Claim, broken: BaseException | None, done: Done) -> None:
    """What nobody thought of keeps no other report from being made; this one is tried again when
    its claim is over, and fails in the end."""
    if isinstance(broken, Exception):
        done.failed += 1
        _log(claim).error("report broke", exc_info=broken)
    elif broken is not None:
        raise broken


def _log(claim: Claim) -> Any:
    log: Any = structlog.get_logger("reports")
    return log.bind(workspace=claim.workspace_id, report=claim.report_id)
