"""The quotas of all workspaces, and who has used up his."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from gateway.limits.following import Following
from services.runtime.faults import Fault, ResourceExhausted
from services.warehouse.database import Database
from services.warehouse.limits.changes import what_fails_as_faults
from services.warehouse.limits.quotas import KINDS, QuotaChanges, SetQuota, month_of, warn

LOOK_SECONDS = 10.0
MOST_QUOTAS = 10_000
"""That are set, in all workspaces together. Each process looks at all of them."""
PERCENTS = (80, 100)
# Days that are stored become fewer when what is too old is deleted.
RETENTION_DELAY = timedelta(hours=1)
MONTHLY = "executions"

Key = tuple[str, str]


@dataclass(frozen=True)
class Full:
    """A quota that is used up and refuses, in a month that begins at a time."""

    quota: SetQuota
    month: datetime

    def refusal(self, now: datetime) -> Fault:
        delay = month_of(now).end - now if self.quota.kind == MONTHLY else RETENTION_DELAY
        workspace_id, kind = self.quota.workspace_id, self.quota.kind
        return ResourceExhausted(
            "QUOTA_EXCEEDED",
            f"workspace {workspace_id!r} has the {self.quota.amount} {kind.replace('_', ' ')}"
            " that its quota allows",
            metadata={
                "workspaceId": workspace_id,
                "quota": kind,
                "limit": str(self.quota.amount),
            },
            retry_after=delay,
        )

    def holds(self, now: datetime) -> bool:
        """A month's is over with it."""
        return self.quota.kind != MONTHLY or month_of(now).start == self.month


class Quotas:
    """What was set, and what was found when it was looked at last."""

    def __init__(self, database: Database, changes: QuotaChanges, most: int = MOST_QUOTAS) -> None:
        self._database = database
        self._following = Following(changes.since)
        self.most = most
        self._set: dict[Key, SetQuota] = {}
        self._full: dict[Key, Full] = {}
        self._told: dict[tuple[Key, int], datetime] = {}
        """By the month in which it was told that a part of a quota is used."""

    def have_room_for(self, workspace_id: str, kind: str) -> bool:
        is_one_more = (workspace_id, kind) not in self._set
        return len(self._set) + is_one_more <= self.most

    def refusal(self, workspace_id: str) -> Fault | None:
        """Why nothing may be recorded into a workspace; None if it may."""
        now = datetime.now(UTC)
        for kind in KINDS if self._full else ():
            full = self._full.get((workspace_id, kind))
            if full is not None and full.holds(now):
                return full.refusal(now)
        return None

    async def look(self) -> None:
        """Raises a Fault if it cannot, or not at all of them; what is known stays then."""
        news = await self._following.news()
        if news.are_all:
            self._drop(self._set.keys() - {(one.workspace_id, one.kind) for one in news.changes})
        for one in news.changes:
            self._take(one)
        failure: Exception | None = None
        for quota in list(self._set.values()):
            try:
                await self._judge(quota)
            except (Fault, TimeoutError) as failed:
                failure = failed
        if failure is not None:
            raise failure

    def _take(self, quota: SetQuota) -> None:
        key = (quota.workspace_id, quota.kind)
        if quota.amount is None:
            self._drop([key])
        elif quota.kind in KINDS:
            self._set[key] = quota

    def _drop(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._set.pop(key, None)
            self._full.pop(key, None)
            for percent in PERCENTS:
                self._told.pop((key, percent), None)

    async def _judge(self, quota: SetQuota) -> None:
        """Raises a Fault or TimeoutError if it cannot be judged now, whatever the database said."""
        with what_fails_as_faults():
            await self._measure(quota)

    async def _measure(self, quota: SetQuota) -> None:
        async with self._database.reading(quota.workspace_id) as session:
            used = await KINDS[quota.kind](session)
        month = month_of(session.as_of).start
        self._note(quota, used, month)
        for percent in _reached(quota, used):
            await self._tell(quota, used, percent, month)

    def _note(self, quota: SetQuota, used: int, month: datetime) -> None:
        key = (quota.workspace_id, quota.kind)
        if quota.refuses and 100 in _reached(quota, used):
            self._full[key] = Full(quota, month)
        else:
            self._full.pop(key, None)

    async def _tell(self, quota: SetQuota, used: int, percent: int, month: datetime) -> None:
        place = (quota.workspace_id, quota.kind), percent
        if self._told.get(place) == month:
            return
        async with self._database.writing(quota.workspace_id) as session:
            await warn(session, quota, used, percent)
        self._told[place] = month

    async def follow(self) -> None:
        """Looks as long as it runs."""
        log: Any = structlog.get_logger("limits")
        failed = False
        while True:
            try:
                await self.look()
                failed = False
            except (Fault, TimeoutError) as error:
                if not failed:
                    log.warning("quotas stay as they were", error=str(error))
                failed = True
            await asyncio.sleep(LOOK_SECONDS)


def _reached(quota: SetQuota, used: int) -> list[int]:
    return [one for one in PERCENTS if quota.amount and used * 100 >= quota.amount * one]
