"""What one call brought into one workspace."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message
from shadower.ingest.v1.log_record_pb2 import LogRecord, RejectedItems

from services.ingest.batches import ItemKind, JudgedItems
from services.ingest.kinds import KINDS
from services.runtime.times import to_timestamp
from services.warehouse.facts.recorder import Batch

SCHEMA_VERSION = 1
# What an entry of the log may have; a call has less, but an export of OTLP grows when it is read.
MAX_ENTRY_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class Part:
    """Valid items of one kind, and how many were not."""

    kind: ItemKind
    items: Sequence[Message]
    refused: int = 0


@dataclass(frozen=True)
class Arrival:
    """Parts of kinds that differ. `bytes` is about what they take as long as they wait."""

    workspace_id: str
    parts: Sequence[Part]
    bytes: int

    @property
    def items(self) -> int:
        return sum(len(part.items) for part in self.parts)

    def halves(self) -> tuple["Arrival", "Arrival"]:
        """Each kind's items keep their order; what was refused is counted with the first ones."""
        first = [replace(part, items=part.items[: _half(part)]) for part in self.parts]
        rest = [Part(part.kind, part.items[_half(part) :]) for part in self.parts]
        return (
            Arrival(self.workspace_id, first, self.bytes // 2),
            Arrival(self.workspace_id, rest, self.bytes // 2),
        )

    def batch(self) -> Batch:
        """As the warehouse stores it."""
        return Batch(
            self.workspace_id,
            {part.kind.kind: list(map(part.kind.to_fact, part.items)) for part in self.parts},
            {part.kind.kind: part.refused for part in self.parts},
        )

    def log_record(self) -> LogRecord:
        """As the log keeps it."""
        items: dict[str, Any] = {part.kind.field: part.items for part in self.parts}
        return LogRecord(
            schema_version=SCHEMA_VERSION,
            workspace_id=self.workspace_id,
            receive_time=to_timestamp(datetime.now(UTC)),
            rejected=RejectedItems(**{part.kind.field: part.refused for part in self.parts}),
            **items,
        )


def _half(part: Part) -> int:
    return (len(part.items) + 1) // 2


def part_of(judged: JudgedItems) -> Part:
    return Part(judged.kind, judged.valid, len(judged.refused))


def batch_of(record: LogRecord) -> Batch:
    """What an arrival was, as the writer finds it in the log."""
    return Batch(
        record.workspace_id,
        {kind.kind: list(map(kind.to_fact, getattr(record, kind.field))) for kind in KINDS},
        {kind.kind: getattr(record.rejected, kind.field) for kind in KINDS},
    )
