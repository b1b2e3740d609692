"""Parquet, a row group at a time: what waits to be written is little, whatever the file's size."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.reports.exports.columns import ExportColumn, Sort, seconds
from services.warehouse.exports.executions import Row

# Large enough to be read fast and to compress well, small enough to wait in memory.
GROUP_ROWS = 50_000
GROUP_BYTES = 16 * 1024 * 1024
# Money has twelve digits behind the point, by the contract and by the table of prices.
TYPES = {
    Sort.TEXT: pa.string(),
    Sort.WHOLE: pa.int64(),
    Sort.MONEY: pa.decimal128(38, 12),
    Sort.TIME: pa.timestamp("us", tz="UTC"),
    Sort.LENGTH: pa.float64(),
    Sort.MAP: pa.map_(pa.string(), pa.string()),
}


class ParquetEncoder:
    """Its end is written last: a file that was cut off has none, and cannot be opened."""

    content_type = "application/vnd.apache.parquet"
    extension = "parquet"

    def __init__(self, columns: Sequence[ExportColumn], about: Mapping[str, str]) -> None:
        self._columns = tuple(columns)
        fields = [pa.field(column.name, TYPES[column.sort]) for column in columns]
        self._schema = pa.schema(fields, metadata=dict(about))
        self._target = _Drained()
        self._waiting: list[pa.RecordBatch] = []

    def begin(self) -> bytes:
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._target, mode="w"), self._schema, compression="zstd"
        )
        return self._target.drain()

    def add(self, rows: Sequence[Row]) -> bytes:
        self._waiting.append(self._batch(rows))
        in_all = sum(batch.num_rows for batch in self._waiting)
        if in_all >= GROUP_ROWS or sum(batch.nbytes for batch in self._waiting) >= GROUP_BYTES:
            self._write_group()
        return self._target.drain()

    def end(self) -> bytes:
        self._write_group()
        self._writer.close()
        return self._target.drain()

    def cut(self, reason: str) -> bytes:  # noqa: ARG002 - that it has no end says enough
        return b""

    def _write_group(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting), GROUP_ROWS * 2)
            self._waiting.clear()

    def _batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """Turns rows into columns."""
        content = zip(*rows, strict=True)
        arrays = [
            pa.array(_values(column.sort, values), TYPES[column.sort])
            for column, values in zip(self._columns, content, strict=True)
        ]
        return pa.record_batch(arrays, schema=self._schema)


def _values(sort: Sort, values: Sequence[Any]) -> Sequence[Any]:
    if sort is Sort.LENGTH:
        return [None if value is None else seconds(value) for value in values]
    if sort is Sort.MAP:
        return [list(value.items()) for value in values]
    return values


class _Drained(io.RawIOBase):
    """Keeps what is written until it is fetched, and then no longer."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def drain(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
