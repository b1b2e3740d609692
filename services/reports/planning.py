"""Makes one report of each due time of a definition; of several that passed, of the last."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from services.reports.definitions import (
    interval_at,
    may_name_users,
    read,
    retention_of,
    schedule_of,
    write,
    zone_of,
)
from services.reports.schedules import last_due
from services.runtime.faults import InvalidArgument
from services.warehouse.database import Database, Session
from services.warehouse.reports.definitions import (
    DueDefinitions,
    KeptDefinition,
    find_definition_to_change,
    note_planned,
)
from services.warehouse.reports.reports import NewReport, create_report

PORTION = 30
BY = "schedule"
# So that an id of a report is none that is too long.
SHOWN_OF_ID = 36
RANDOM_BYTES = 4


@dataclass
class Planned:
    """What was found due."""

    reports: int = 0
    missed: int = 0


class Planner:
    """Looks at definitions whose time has come."""

    def __init__(self, database: Database, due: DueDefinitions) -> None:
        self._database = database
        self._due = due

    async def plan(self, workspace_id: str | None, most: int) -> Planned:
        """Those of a workspace, or of all."""
        done, begun = Planned(), 0
        while begun < most:
            claimed = await self._due.claim(workspace_id, min(PORTION, most - begun))
            for one in claimed:
                await self._plan_apart(*one, done)
            if not claimed:
                break
            begun += len(claimed)
        return done

    async def count(self, workspace_id: str | None) -> int:
        return await self._due.count(workspace_id)

    async def _plan_apart(self, workspace_id: str, definition_id: str, done: Planned) -> None:
        """What is wrong with one keeps no other from being planned: it is looked at again when its
        claim is over."""
        [broken] = await asyncio.gather(
            self._plan(workspace_id, definition_id, done), return_exceptions=True
        )
        log: Any = structlog.get_logger("reports")
        log = log.bind(workspace=workspace_id, definition=definition_id)
        if isinstance(broken, InvalidArgument):
            # A zone that a newer database of zones has no more.
            log.warning("no plan", why=str(broken))
        elif isinstance(broken, Exception):
            log.error("planning broke", exc_info=broken)
        elif broken is not None:
            raise broken

    async def _plan(self, workspace_id: str, definition_id: str, done: Planned) -> None:
        async with self._database.writing(workspace_id) as session:
            kept = await find_definition_to_change(session, definition_id)
            if kept is not None and kept.due_at is not None and kept.due_at <= session.as_of:
                await _plan(session, kept, kept.due_at, done)


async def _plan(session: Session, kept: KeptDefinition, since: datetime, done: Planned) -> None:
    message = read(kept.definition)
    schedule = schedule_of(message.schedule, zone_of(message))
    due, missed, following = last_due(schedule, since, session.as_of)
    if due is not None and await create_report(session, _new(kept, due, missed)):
        done.reports += 1
        done.missed += missed
    await note_planned(session, kept.definition_id, following)


def _new(kept: KeptDefinition, due: datetime, missed: int) -> NewReport:
    message = read(kept.definition)
    start, end = interval_at(message, zone_of(message), due)
    return NewReport(
        report_id=_report_id(kept.definition_id, due),
        definition_id=kept.definition_id,
        definition=write(message),
        starts_at=start,
        ends_at=end,
        due_at=due,
        missed=missed,
        requested_by=BY,
        may_name_users=may_name_users(message),
        retention=retention_of(message),
    )


def _report_id(definition_id: str, due: datetime) -> str:
    """Nobody can have taken it: the end of it is random."""
    stamp = due.strftime("%Y%m%dt%H%Mz")
    return f"{definition_id[:SHOWN_OF_ID]}-{stamp}-{secrets.token_hex(RANDOM_BYTES)}"
