"""Rows gathered into batches that a request can carry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from cli.load.mapping import FieldMapping, UnusableRowError
from cli.load.rows import Row

# The contract allows 4 MiB; the rest is for the request's own fields.
MAX_BATCH_BYTES = 4 * 1024 * 1024 - 64 * 1024
ITEM_OVERHEAD_BYTES = 6


@dataclass(frozen=True)
class Rejection:
    """A line that is not stored, and why."""

    line: int
    reason: str
    id: str = ""


@dataclass
class RowBatch:
    """Items to send, the lines that they come from, and lines that were rejected on the way."""

    items: list[Any] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    last_row: int = 0
    bytes: int = 0

    def take(self, row: Row, item: Message | Rejection) -> None:
        self.last_row = row.number
        if isinstance(item, Rejection):
            self.rejections.append(item)
            return
        self.items.append(item)
        self.lines.append(row.line)
        self.bytes += _size(item)

    def has_room(self, most: int, item: Message | Rejection) -> bool:
        rows = len(self.items) + len(self.rejections)
        fits = isinstance(item, Rejection) or self.bytes + _size(item) <= MAX_BATCH_BYTES
        return rows < most and fits

    def __bool__(self) -> bool:
        return bool(self.items or self.rejections)


def batches(rows: Iterable[Row], mapping: FieldMapping, most: int) -> Iterator[RowBatch]:
    """Batches of at most `most` rows, in the file's order."""
    batch = RowBatch()
    for row in rows:
        item = _item(row, mapping)
        if not batch.has_room(most, item):
            yield batch
            batch = RowBatch()
        batch.take(row, item)
    if batch:
        yield batch


def _item(row: Row, mapping: FieldMapping) -> Message | Rejection:
    try:
        item = mapping.item(row)
    except UnusableRowError as error:
        return Rejection(row.line, str(error))
    if _size(item) > MAX_BATCH_BYTES:
        return Rejection(row.line, f"the item has more than {MAX_BATCH_BYTES} bytes")
    return item


def _size(item: Message) -> int:
    return item.ByteSize() + ITEM_OVERHEAD_BYTES
