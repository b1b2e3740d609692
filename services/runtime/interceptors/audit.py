"""Writes down who administered what, and who was denied what.

What was administered is durable before it is said to be done. What was denied is written a moment
later, and so much of it as a stranger cannot fill anybody's log with.
"""

import asyncio
import json
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from google.protobuf.json_format import MessageToDict, SerializeToJsonError
from google.protobuf.message import Message
from shadower.common.v1.permission_pb2 import audited

from services.runtime.audit import AuditEntry, WriteAudit
from services.runtime.bus.dead_letter import WORKSPACE
from services.runtime.call import Call, Interceptor
from services.runtime.faults import Fault, PermissionDenied, Unauthenticated, Unavailable
from services.runtime.interceptors.denials import Denials
from services.runtime.status import to_status

FLUSH_SECONDS = 1.0
# An end does not wait for a database that is away.
LAST_SECONDS = 3.0
MOST_WAITING = 10_000
AT_ONCE = 500
MOST_CHARACTERS = 200
MOST_ITEMS = 10


class Audit(Interceptor):
    """Sees every call's end before its caller does."""

    def __init__(self, write: WriteAudit) -> None:
        self._write = write
        self._waiting: deque[AuditEntry] = deque()
        self._denials = Denials()
        self._log: Any = structlog.get_logger("audit")

    def admit(self, call: Call, message: Message) -> None:
        if call.contract.is_administrative:
            call.facts.update(_facts(message))

    async def succeed(self, call: Call) -> None:
        if not call.contract.is_administrative:
            return
        try:
            await self._write([_entry(call)])
        except (Fault, TimeoutError) as failed:
            raise Unavailable(
                "AUDIT_UNAVAILABLE", "it could not be written down who did this"
            ) from failed

    async def fail(self, call: Call, error: Exception) -> None:
        # What a stranger says is not even checked to be a name.
        if WORKSPACE.fullmatch(call.workspace_id) is None:
            return
        if _is_denial(error):
            self._wait(self._denials.counted(_entry(call, error)))
        elif call.contract.is_administrative and not isinstance(error, Unauthenticated):
            await self._write_or_wait(_entry(call, error))

    async def follow(self) -> None:
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                self._wait(*self._denials.remainders())
                await self._flush()
        finally:
            self._wait(*self._denials.remainders(at_end=True))
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self._flush()

    async def _write_or_wait(self, entry: AuditEntry) -> None:
        """The call has failed already, and keeps the reason that it has."""
        try:
            await self._write([entry])
        except (Fault, TimeoutError):
            self._wait(entry)

    def _wait(self, *entries: AuditEntry | None) -> None:
        for entry in entries:
            if entry is None:
                continue
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(entry)
            else:
                self._log.error("no room for an audit entry", rpc=entry.rpc, code=entry.code)

    async def _flush(self) -> None:
        with suppress(Fault, TimeoutError):
            while self._waiting:
                some = list(self._waiting)[:AT_ONCE]
                await self._write(some)
                for _ in some:
                    self._waiting.popleft()


def _is_denial(error: Exception) -> bool:
    """Tokens expire all the time, and streams with them."""
    is_revoked = isinstance(error, Unauthenticated) and error.reason == "TOKEN_REVOKED"
    return is_revoked or isinstance(error, PermissionDenied)


def _entry(call: Call, error: Exception | None = None) -> AuditEntry:
    status = None if error is None else to_status(error)
    reason = getattr(error, "reason", "INTERNAL") if error is not None else ""
    return AuditEntry(
        workspace_id=call.workspace_id,
        occurred_at=datetime.now(UTC),
        entry_id=uuid4(),
        subject=call.identity.subject if call.identity else "",
        token_id=call.identity.token_id if call.identity else "",
        rpc=call.contract.path,
        code=0 if status is None else status.code,
        reason="DEADLINE_EXCEEDED" if isinstance(error, TimeoutError) else reason,
        request_id=call.request_id,
        facts=dict(call.facts),
        is_of_stranger=reason == "WORKSPACE_DENIED",
    )


def _facts(message: Message) -> dict[str, str]:
    """Of the fields that the contract says may be told; nothing has been checked yet."""
    names = [
        one.json_name for one in message.DESCRIPTOR.fields if one.GetOptions().Extensions[audited]
    ]
    try:
        content = MessageToDict(message)
    except (SerializeToJsonError, ValueError, OverflowError):
        # A time that is none, say. Whoever looks at the request next refuses it.
        return {}
    return {name: _told(content[name]) for name in names if name in content}


def _told(value: Any) -> str:
    if isinstance(value, list):
        text = ",".join(map(str, value[:MOST_ITEMS]))
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    # PostgreSQL takes every character but this one.
    return text.replace("\x00", "")[:MOST_CHARACTERS]
