"""Parquet: one long table with a row for each cell, the same columns for every report."""

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.reports.document import Cell, Document
from services.reports.rendering.tabulating import Placed, tabulated
from services.reports.rendering.to_json import instant

INTEGERS = range(-(2**63), 2**63)
SCHEMA = pa.schema(
    [
        pa.field("section", pa.string(), nullable=False),
        pa.field("table", pa.string(), nullable=False),
        # Counts from 0 within its table.
        pa.field("row", pa.int64(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        # Every number; those that are whole stand in `integer` too, with all their digits.
        pa.field("number", pa.float64()),
        pa.field("integer", pa.int64()),
        pa.field("text", pa.string()),
        pa.field("time", pa.timestamp("us", tz="UTC")),
    ]
)
NAMES = SCHEMA.names
GROUP_ROWS = 100_000


def write(document: Document) -> bytes:
    schema = SCHEMA.with_metadata(_about(document))
    target = io.BytesIO()
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for placed in tabulated(document):
            for batch in _batches(placed, schema):
                writer.write_batch(batch)
    return target.getvalue()


def _batches(placed: Placed, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    table = placed.table
    step = max(1, GROUP_ROWS // max(1, len(table.columns)))
    for start in range(0, len(table.rows), step):
        rows = enumerate(table.rows[start : start + step], start)
        cells = [
            _cell(placed, number, place, cell)
            for number, row in rows
            for place, cell in enumerate(row)
        ]
        yield pa.RecordBatch.from_pylist(cells, schema=schema)


def _cell(placed: Placed, row: int, place: int, cell: Cell) -> dict[str, Any]:
    column = placed.table.columns[place]
    keys = (placed.section.kind, placed.table.name, row, column.name, column.unit)
    return dict(zip(NAMES, (*keys, *_values(cell)), strict=True))


def _values(cell: Cell) -> tuple[float | None, int | None, str | None, datetime | None]:
    if isinstance(cell, str):
        return None, None, cell, None
    if isinstance(cell, datetime):
        return None, None, None, cell
    if isinstance(cell, int):
        return float(cell), cell if cell in INTEGERS else None, None, None
    return cell, None, None, None


def _about(document: Document) -> dict[str, str]:
    complete = document.complete_until
    return {
        "title": document.title,
        "workspace_id": document.workspace_id,
        "start": instant(document.start),
        "end": instant(document.end),
        "time_zone": document.time_zone,
        "generated_at": instant(document.generated_at),
        "as_of": instant(document.as_of),
        "complete_until": instant(complete) if complete else "",
    }
