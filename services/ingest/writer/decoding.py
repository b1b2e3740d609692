"""From an entry of the log to a batch, or to the reason why it cannot be one."""

from typing import Any

from google.protobuf.message import DecodeError
from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.ingest.arrival import MAX_ENTRY_BYTES, SCHEMA_VERSION, batch_of
from services.runtime.bus.dead_letter import workspace_of_key
from services.runtime.faults import InvalidArgument
from services.warehouse.facts.recorder import Batch


def decode(entry: Any) -> Batch:
    """Raises InvalidArgument for what no retry will make readable."""
    _check_size(len(entry.value or b""))
    record = _parsed(entry)
    _check_version(record.schema_version)
    if record.workspace_id != workspace_of_key(entry.key):
        raise _malformed(entry, "the key is not the workspace")
    try:
        return batch_of(record)
    except (LookupError, TypeError, ValueError, ArithmeticError) as wrong:
        raise _malformed(entry, f"an item breaks the contract: {wrong!r}") from wrong


def _parsed(entry: Any) -> LogRecord:
    try:
        return LogRecord.FromString(entry.value or b"")
    except DecodeError as wrong:
        raise _malformed(entry, str(wrong)) from wrong


def _check_size(size: int) -> None:
    if size > MAX_ENTRY_BYTES:
        raise InvalidArgument(
            "MESSAGE_TOO_LARGE",
            f"the entry has {size} bytes; at most {MAX_ENTRY_BYTES} are allowed",
            metadata={"bytes": str(size), "limit": str(MAX_ENTRY_BYTES)},
        )


def _check_version(version: int) -> None:
    """Version 0 is no version: some other message that happens to be readable."""
    if not 1 <= version <= SCHEMA_VERSION:
        raise InvalidArgument(
            "SCHEMA_VERSION_UNKNOWN",
            f"the entry is of schema {version}; known is {SCHEMA_VERSION}",
            metadata={"version": str(version), "known": str(SCHEMA_VERSION)},
        )


def _malformed(entry: Any, why: str) -> InvalidArgument:
    return InvalidArgument(
        "RECORD_MALFORMED",
        f"the entry cannot be read: {why}",
        metadata={"position": str(entry.offset)},
    )
