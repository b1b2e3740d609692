"""Entries of the log that cannot be written, as dead letters."""

from collections.abc import Iterator, Sequence
from typing import Any

from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.ingest.batches import ItemKind, refusal_of
from services.ingest.kinds import KINDS
from services.ingest.writer.group import GROUP
from services.runtime.bus.dead_letter import DeadLetter, Source, workspace_of_key
from services.runtime.faults import Fault
from services.warehouse.database import UnwritableError
from services.warehouse.facts.model import Recorded
from services.warehouse.facts.recorder import BatchRecorded


def unreadable(entry: Any, why: Fault) -> DeadLetter:
    return _letter(entry, why.reason, why.message, entry.value or b"")


def unwritable(entry: Any, why: UnwritableError) -> DeadLetter:
    return _letter(entry, "RECORD_UNWRITABLE", str(why), entry.value)


def conflicts(entry: Any, recorded: BatchRecorded) -> Iterator[DeadLetter]:
    """A letter for each kind of item that contradicts what is stored, or is too old. Its producer
    has gone."""
    for kind in KINDS:
        results = recorded.get(kind.kind, [])
        if any(one.is_refused for one in results):
            yield _conflicts_of(kind, entry, results)


def _conflicts_of(kind: ItemKind, entry: Any, results: Sequence[Recorded]) -> DeadLetter:
    record = LogRecord.FromString(entry.value)
    items = getattr(record, kind.field)
    refused = [(item, one) for item, one in zip(items, results, strict=True) if one.is_refused]
    # Without the time, so that what comes again has the same content.
    rest = LogRecord(schema_version=record.schema_version, workspace_id=record.workspace_id)
    getattr(rest, kind.field).extend(item for item, _ in refused)
    first, why = refused[0]
    fault = refusal_of(kind, kind.item_id(first), why)
    return _letter(entry, fault.reason, fault.message, rest.SerializeToString(deterministic=True))


def _letter(entry: Any, reason: str, message: str, payload: bytes) -> DeadLetter:
    return DeadLetter(
        workspace_id=workspace_of_key(entry.key),
        source=Source.LOG,
        reason=reason,
        message=message,
        payload=payload,
        position=entry.offset,
        key=entry.key,
        topic=entry.topic,
        partition=entry.partition,
        group=GROUP,
    )
