"""Entries of the audit log, and questions about them, between contract and warehouse."""

from dataclasses import replace
from datetime import UTC, datetime

from shadower.access.v1.access_service_pb2 import AuditFilter
from shadower.access.v1.audit_entry_pb2 import AuditEntry
from shadower.common.v1.error_reason_pb2 import ERROR_REASON_UNSPECIFIED, ErrorReason

from services.runtime.audit import AuditEntry as WrittenEntry
from services.runtime.times import EPOCH, to_datetime, to_timestamp
from services.warehouse.access.audit import AuditQuery, Place

REASONS = dict(ErrorReason.items())


def query(asked: AuditFilter, limit: int, after: Place | None) -> AuditQuery:
    return AuditQuery(
        start=to_datetime(asked.start_time) if asked.HasField("start_time") else EPOCH,
        end=to_datetime(asked.end_time) if asked.HasField("end_time") else datetime.now(UTC),
        limit=limit,
        subject=asked.subject or None,
        rpc=asked.rpc or None,
        code=asked.code if asked.HasField("code") else None,
        after=after,
    )


def behind(query: AuditQuery, last: WrittenEntry) -> AuditQuery:
    return replace(query, after=(last.occurred_at, last.entry_id))


def answer(entry: WrittenEntry) -> AuditEntry:
    return AuditEntry(
        audit_entry_id=str(entry.entry_id),
        time=to_timestamp(entry.occurred_at),
        subject=entry.subject,
        token_id=entry.token_id,
        rpc=entry.rpc,
        code=entry.code,
        reason=REASONS.get(f"ERROR_REASON_{entry.reason}", ERROR_REASON_UNSPECIFIED),
        request_id=entry.request_id,
        facts=entry.facts,
        calls=entry.calls,
    )
