"""Removes what is older than workspaces keep it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Protocol

from shadower.upkeep.v1.retention_pb2 import RetentionPolicy

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.upkeep.failures import Failures
from services.upkeep.policy import bound, effective, read
from services.warehouse.database import Database
from services.warehouse.facts.horizon import Horizon
from services.warehouse.retention.horizons import EVENTS, POINTS, RUNS, Horizons
from services.warehouse.retention.partitions import Partitions
from services.warehouse.retention.removing import Remover, Work
from services.warehouse.retention.settings import fetch_retention
from services.warehouse.rollups.levels import Level

SECONDS_FOR_MONTHS = 10
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
SHORT = [Level.SLOT.value]
UP_TO_HOURS = [*SHORT, Level.HOUR.value, Level.QUARTER_DAY.value]
EVERY = [level.value for level in Level]


class Scope(IntEnum):
    """The contract's choices, by its numbers."""

    FACTS = 1
    ALERT_HISTORY = 2
    RECORDS = 3


class AllWorkspaces(Protocol):
    """Those that there are."""

    def pages(self, after: str = "") -> AsyncIterator[list[str]]: ...

    async def latest_horizon(self) -> datetime | None: ...


@dataclass(frozen=True)
class Place:
    """Where a round through all workspaces goes on, and whether those before it have some left."""

    after: str = ""
    is_left: bool = False


class Applier:
    """Safe to repeat, and for several at once: each step finds what is left."""

    def __init__(
        self, database: Database, workspaces: AllWorkspaces, remover: Remover | None = None
    ) -> None:
        self._database = database
        self._workspaces = workspaces
        self._horizons = Horizons(database)
        self._remover = remover or Remover(database)
        self._partitions = Partitions(database)
        self._turn = asyncio.Lock()
        self._places: dict[frozenset[Scope], Place] = {}

    async def apply(self, workspace_id: str, scopes: Collection[Scope], seconds: float) -> Work:
        """In one workspace, or in all if it is the system's: those go on where the last call ended.
        Raises a Fault if something failed, after all that did not. While this process is at it
        already, it waits; if that takes all of its time, there is more to do."""
        work = Work.of(seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._turn.acquire()
        except TimeoutError:
            return Work(0, remaining=True)
        try:
            return await self._apply(workspace_id, frozenset(scopes), work)
        finally:
            self._turn.release()

    async def _apply(self, workspace_id: str, scopes: frozenset[Scope], work: Work) -> Work:
        failures = Failures("retention")
        if workspace_id == SYSTEM_WORKSPACE:
            await self._go_round(scopes, work, failures)
        else:
            with failures.noted(workspace_id):
                await self._apply_to(work, workspace_id, scopes)
        failures.raise_first()
        return work

    async def _go_round(self, scopes: frozenset[Scope], work: Work, failures: Failures) -> None:
        place = self._places.pop(scopes, Place())
        after = place.after
        async for one in self._following(after):
            is_left = place.is_left or work.remaining
            if not work.has_time:
                self._places[scopes] = Place(after, is_left)
                return
            with failures.noted(one):
                await self._apply_to(work, one, scopes)
            after = one
        work.remaining |= place.is_left
        if Scope.FACTS in scopes:
            with failures.noted(SYSTEM_WORKSPACE):
                await self._drop_months(work)

    async def _drop_months(self, work: Work) -> None:
        """Seldom more than one, and all that comes before it is for nothing without: it gets some
        time of its own."""
        until = await self._workspaces.latest_horizon()
        own = Work.of(SECONDS_FOR_MONTHS)
        await self._partitions.drop_before(own, until or LONG_AGO)
        work.partitions += own.partitions
        work.remaining |= own.remaining

    async def _following(self, after: str) -> AsyncIterator[str]:
        """The system's own first."""
        if not after:
            yield SYSTEM_WORKSPACE
        async for page in self._workspaces.pages("" if after == SYSTEM_WORKSPACE else after):
            for one in page:
                yield one

    async def _apply_to(self, work: Work, workspace_id: str, scopes: Collection[Scope]) -> None:
        if Scope.FACTS in scopes:
            await self._move(work, workspace_id)
        await self._remove(work, workspace_id, scopes)

    async def _policy(self, workspace_id: str) -> tuple[RetentionPolicy, datetime]:
        """And what time it is."""
        async with self._database.writing(SYSTEM_WORKSPACE) as session:
            of_platform = await fetch_retention(session)
        async with self._database.writing(workspace_id) as session:
            of_workspace = await fetch_retention(session)
        return effective(read(of_platform.policy), read(of_workspace.policy)), session.as_of

    async def _move(self, work: Work, workspace_id: str) -> None:
        policy, now = await self._policy(workspace_id)
        for kind, days in (
            (RUNS, policy.executions_days),
            (POINTS, policy.metric_points_days),
            (EVENTS, policy.events_days),
        ):
            if work.has_time:
                await self._horizons.move_facts(work, workspace_id, kind, bound(now, days))

    async def _remove(self, work: Work, workspace_id: str, scopes: Collection[Scope]) -> None:
        policy, now = await self._policy(workspace_id)
        if Scope.FACTS in scopes:
            await self._remove_facts(work, workspace_id, await self._horizons.of(workspace_id))
            await self._remove_cells(work, workspace_id, policy, now)
        if Scope.ALERT_HISTORY in scopes:
            until = bound(now, policy.alert_history_days)
            await self._remover.remove(work, workspace_id, "alerts", until)
        if Scope.RECORDS in scopes:
            until = bound(now, policy.audit_days)
            await self._remover.remove(work, workspace_id, "audit_entries", until)
            until = bound(now, policy.checks_days)
            await self._remover.remove(work, workspace_id, "service_checks", until)

    async def _remove_facts(self, work: Work, workspace_id: str, horizon: Horizon) -> None:
        for table, until in (
            ("executions", horizon.runs_gone),
            ("spans", horizon.runs_gone),
            ("metric_points", horizon.points_from),
            ("events", horizon.events_from),
        ):
            if until is not None:
                await self._remover.remove(work, workspace_id, table, until)

    async def _remove_cells(
        self, work: Work, workspace_id: str, policy: RetentionPolicy, now: datetime
    ) -> None:
        await self._horizons.move_hours(work, workspace_id, bound(now, policy.hour_rollups_days))
        days_until = bound(now, policy.day_rollups_days, Level.WEEK)
        await self._horizons.move_days(work, workspace_id, days_until)
        horizon = await self._horizons.of(workspace_id)
        for levels, until in (
            (SHORT, horizon.runs_from),
            (UP_TO_HOURS, horizon.hours_from),
            (EVERY, horizon.days_from),
        ):
            for table in ("execution_cells", "agent_profiles", "point_cells") if until else ():
                await self._remover.remove(work, workspace_id, table, levels, until)
        if horizon.days_from is not None:
            await self._remover.remove(work, workspace_id, "ledger", horizon.days_from)
