"""Writes down who administered what, and who was denied what.

What was administered is durable before it is said to be done. What was denied is written a moment
later, and so much of it as a stranger cannot fill anybody's log with.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import structlog
from google.protobuf.json_format import MessageToDict, SerializeToJsonError
from google.protobuf.message import Message
from shadower.common.v1.permission_pb2 import audited

from services.runtime.audit import AuditEntry, WriteAudit
from services.runtime.bus.dead_letter import WORKSPACE
from services.runtime.call import Call, Interceptor
from services.runtime.faults import PermissionDenied, Unauthenticated, Unavailable
from services.runtime.interceptors.audit_writing import AuditWriting
from services.runtime.interceptors.denials import Denials
from services.runtime.status import to_status

FLUSH_SECONDS = 1.0
# An end does not wait for a database that is away.
LAST_SECONDS = 3.0
MOST_CHARACTERS = 200
MOST_ITEMS = 10
CANCELLED: int = grpc.StatusCode.CANCELLED.value[0]


class Audit(Interceptor):
    """Sees every call's end before its caller does."""

    def __init__(self, write: WriteAudit) -> None:
        self._writing = AuditWriting(write)
        self._denials = Denials()
        self._log: Any = structlog.get_logger("audit")

    def admit(self, call: Call, message: Message) -> None:
        if call.contract.is_audited:
            call.facts.update(_facts(message))

    async def succeed(self, call: Call) -> None:
        if not call.contract.is_audited:
            return
        await self._writing.now(_entry(call))

    def abandoned(self, call: Call) -> None:
        """Whoever hangs up does not get by unseen."""
        if not call.contract.is_audited or not _is_known(call):
            return
        entry = replace(_entry(call), code=CANCELLED)
        self._writing.later(self._denials.counted(entry) if call.is_of_nobody else entry)

    async def fail(self, call: Call, error: Exception) -> None:
        if not _is_known(call):
            return
        if _is_denial(error) or call.is_of_nobody:
            self._writing.later(self._denials.counted(_entry(call, error)))
        elif call.contract.is_audited and not isinstance(error, Unauthenticated):
            await self._write_or_wait(_entry(call, error))

    async def follow(self) -> None:
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                self._note_denials()
                await self._writing.flush()
        finally:
            self._note_denials(at_end=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self._writing.flush()

    def _note_denials(self, *, at_end: bool = False) -> None:
        self._writing.later(*self._denials.remainders(at_end=at_end))
        without_room = self._denials.take_without_room()
        if without_room:
            self._log.warning("denied calls had no room in the audit log", calls=without_room)

    async def _write_or_wait(self, entry: AuditEntry) -> None:
        """The call has failed already, and keeps the reason that it has."""
        if entry.reason == "AUDIT_UNAVAILABLE":
            # Another try now would take its caller as long again.
            self._writing.later(entry)
            return
        try:
            await self._writing.now(entry)
        except Unavailable:
            self._writing.later(entry)


def _is_known(call: Call) -> bool:
    """What a stranger says is a workspace is not even checked to be a name."""
    return WORKSPACE.fullmatch(call.workspace_id) is not None


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
        is_of_stranger=_is_of_stranger(call, reason),
    )


def _is_of_stranger(call: Call, reason: str) -> bool:
    """Whoever comes without a token, and is refused, may have invented the workspace."""
    return reason == "WORKSPACE_DENIED" or call.is_of_nobody


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
