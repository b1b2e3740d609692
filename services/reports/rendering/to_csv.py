"""CSV: an archive with a file a table (RFC 4180, UTF-8), so that each opens as what it is."""

import csv
import io
import re
import zipfile
from datetime import datetime

from services.reports.document import Cell, Column, Document, Table
from services.reports.rendering.tabulating import Placed, tabulated
from services.reports.rendering.to_json import instant

# What makes a spreadsheet take a text for a formula, as OWASP lists it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
# The earliest that an archive can tell: the same report is the same bytes.
STAMP = (1980, 1, 1, 0, 0, 0)
NAME_CHARACTERS = 60


def write(document: Document) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        _add(target, "00-report.csv", _about(document))
        for number, placed in enumerate(tabulated(document), start=1):
            _add(target, f"{number:02}-{_name(placed)}.csv", placed.table)
    return archive.getvalue()


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _add(archive: zipfile.ZipFile, name: str, table: Table) -> None:
    entry = zipfile.ZipInfo(name, STAMP)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, _written(table), zipfile.ZIP_DEFLATED)


def _written(table: Table) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([neutral(_heading(column)) for column in table.columns])
    writer.writerows([[_cell(cell) for cell in row] for row in table.rows])
    return text.getvalue()


def _heading(column: Column) -> str:
    return f"{column.name} ({column.unit})" if column.unit else column.name


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return neutral(cell)
    if isinstance(cell, datetime):
        return instant(cell)
    return "" if cell is None else repr(cell)


def _name(placed: Placed) -> str:
    text = f"{placed.section.kind}-{placed.table.name}".lower()
    return re.sub("[^a-z0-9]+", "-", text).strip("-")[:NAME_CHARACTERS]


def _about(document: Document) -> Table:
    complete = document.complete_until
    rows: tuple[tuple[Cell, ...], ...] = (
        ("title", document.title),
        ("workspace_id", document.workspace_id),
        ("start", document.start),
        ("end", document.end),
        ("time_zone", document.time_zone),
        ("generated_at", document.generated_at),
        ("as_of", document.as_of),
        ("complete_until", complete),
    )
    return Table("report", (Column("name"), Column("value")), rows)
