"""Entries on their way into the audit log: at once, or as soon as that can be."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import structlog

from services.runtime.audit import AuditEntry, RefusedEntryError, WriteAudit
from services.runtime.faults import Fault, Unavailable

# Less than callers usually wait, so that they hear of it.
WRITE_SECONDS = 5.0
MOST_WAITING = 10_000
AT_ONCE = 500


class AuditWriting:
    """Those of this process."""

    def __init__(self, write: WriteAudit) -> None:
        self._write = write
        self._waiting: deque[AuditEntry] = deque()
        self._log: Any = structlog.get_logger("audit")

    async def now(self, entry: AuditEntry) -> None:
        """Durable when it returns. Raises Unavailable."""
        try:
            await self._in_time([entry])
        except asyncio.CancelledError:
            # Nobody knows how far it came; to write it again is safe.
            self.later(entry)
            raise
        except (Fault, RefusedEntryError) as failed:
            raise Unavailable(
                "AUDIT_UNAVAILABLE", "it could not be written down who did this"
            ) from failed

    def later(self, *entries: AuditEntry | None) -> None:
        for entry in entries:
            if entry is None:
                continue
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(entry)
            else:
                self._lose("no room for an audit entry", entry)

    async def flush(self) -> None:
        """What waits, as far as it can be written now."""
        try:
            while self._waiting:
                await self._write_some(list(self._waiting)[:AT_ONCE])
        except Fault:
            return

    async def _write_some(self, some: Sequence[AuditEntry]) -> None:
        try:
            await self._in_time(some)
        except RefusedEntryError:
            await self._write_each(some)
        else:
            self._forget(len(some))

    async def _write_each(self, some: Sequence[AuditEntry]) -> None:
        for entry in some:
            try:
                await self._in_time([entry])
            except RefusedEntryError:
                self._lose("an audit entry cannot be written", entry)
            self._forget(1)

    def _forget(self, number: int) -> None:
        for _ in range(number):
            self._waiting.popleft()

    async def _in_time(self, some: Sequence[AuditEntry]) -> None:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._write(some)
        except TimeoutError as late:
            raise Unavailable("DATABASE_UNAVAILABLE", "the audit log takes too long") from late

    def _lose(self, why: str, entry: AuditEntry) -> None:
        """At least the log of the process has it."""
        self._log.error(
            why,
            rpc=entry.rpc,
            code=entry.code,
            subject=entry.subject,
            workspace_id=entry.workspace_id,
            calls=entry.calls,
        )
