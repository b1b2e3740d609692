"""XLSX: a sheet that says what the report is, then one for each table; numbers are numbers."""

import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from services.reports.document import Cell, Column, Document, Kind, Table
from services.reports.rendering.tabulating import tabulated
from services.reports.rendering.wording import instant_text, period_text, printable, shortened

# Nothing but what we say is a number, a formula or a link.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
LONGEST_TEXT = 32_767
LONGEST_SHEET_NAME = 31
# Beyond that a spreadsheet, whose numbers are all floats, changes digits.
WHOLE = 2**53
LARGEST = 9.99e307
# The first day that a spreadsheet's calendar has for certain.
EARLIEST = datetime(1900, 3, 1)  # noqa: DTZ001 - sheets know local time alone
FORMATS = {
    "whole": {"num_format": "#,##0"},
    "fraction": {"num_format": "#,##0.00##"},
    "ratio": {"num_format": "0.0%"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "heading": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "title": {"bold": True, "font_size": 16},
    "label": {"bold": True, "valign": "top"},
    "text": {"text_wrap": True, "valign": "top"},
}


def write(document: Document) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, OPTIONS)
    created = document.generated_at.astimezone(UTC).replace(tzinfo=None)
    title = shortened(printable(document.title), 255)
    book.set_properties({"title": title, "created": created})
    writer = _Writer(book, ZoneInfo(document.time_zone))
    writer.write_summary(document)
    for placed in tabulated(document):
        writer.write_table(f"{placed.section.title} {placed.table.name}", placed.table)
    book.close()
    return target.getvalue()


class _Writer:
    """Adds sheets to a book."""

    def __init__(self, book: Any, zone: ZoneInfo) -> None:
        self._book = book
        self._zone = zone
        self._formats = {name: book.add_format(look) for name, look in FORMATS.items()}
        self._names: set[str] = set()

    def write_summary(self, document: Document) -> None:
        sheet = self._add_sheet("Summary")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 80)
        sheet.write_string(0, 0, _text(document.title), self._formats["title"])
        for row, (name, value) in enumerate(self._about(document), start=2):
            sheet.write_string(row, 0, _text(name), self._formats["label"])
            sheet.write_string(row, 1, _text(value), self._formats["text"])

    def _about(self, document: Document) -> Iterable[tuple[str, str]]:
        complete = document.complete_until
        yield "Workspace", document.workspace_id
        yield "Period", period_text(document)
        yield "Time zone of all times", document.time_zone
        yield "Generated", instant_text(document.generated_at, self._zone)
        yield "Shows what was stored by", instant_text(document.as_of, self._zone)
        yield "Complete until", instant_text(complete, self._zone) if complete else "unknown"
        yield from ((section.title, section.text) for section in document.sections)

    def write_table(self, name: str, table: Table) -> None:
        sheet = self._add_sheet(name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, _width(table, place))
            heading = _text(self._heading(column))
            sheet.write_string(0, place, heading, self._formats["heading"])
        for number, row in enumerate(table.rows, start=1):
            for place, cell in enumerate(row):
                self._write_cell(sheet, (number, place), cell, table.columns[place])
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)

    def _heading(self, column: Column) -> str:
        if column.kind is Kind.TIME:
            return f"{column.name} ({self._zone.key})"
        unit = "" if column.kind is Kind.RATIO else column.unit
        return f"{column.name} ({unit})" if unit else column.name

    def _write_cell(self, sheet: Any, place: tuple[int, int], cell: Cell, column: Column) -> None:
        """An unknown cell stays empty."""
        if isinstance(cell, str):
            sheet.write_string(*place, _text(cell))
        elif isinstance(cell, datetime):
            self._write_time(sheet, place, cell)
        elif cell is not None:
            self._write_number(sheet, place, cell, column)

    def _write_time(self, sheet: Any, place: tuple[int, int], moment: datetime) -> None:
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        if local < EARLIEST:
            sheet.write_string(*place, local.isoformat(" "))
        else:
            sheet.write_datetime(*place, local, self._formats["time"])

    def _write_number(
        self, sheet: Any, place: tuple[int, int], value: float, column: Column
    ) -> None:
        if abs(value) > (WHOLE if isinstance(value, int) else LARGEST):
            sheet.write_string(*place, str(value))
            return
        plain = "whole" if isinstance(value, int) else "fraction"
        look = "ratio" if column.kind is Kind.RATIO else plain
        sheet.write_number(*place, value, self._formats[look])

    def _add_sheet(self, wanted: str) -> Any:
        name = _sheet_name(wanted, self._names)
        self._names.add(name.lower())
        return self._book.add_worksheet(name)


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """One that spreadsheets accept and that no other sheet has, whatever the case."""
    plain = re.sub(r"[\[\]:*?/\\\s\x00-\x1f]+", " ", printable(wanted)).strip(" '") or "Table"
    # A name that spreadsheets keep for themselves.
    plain = "Past" if plain.lower() == "history" else plain
    for number in range(1, len(taken) + 2):
        end = f" {number}" if number > 1 else ""
        name = _clipped(plain, LONGEST_SHEET_NAME - len(end)).rstrip(" '") + end
        if name.lower() not in taken:
            break
    return name


def _text(text: str) -> str:
    return _clipped(printable(text), LONGEST_TEXT)


def _clipped(text: str, units: int) -> str:
    """Spreadsheets count characters as UTF-16 has them."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore")


def _width(table: Table, place: int) -> int:
    """By the first rows, which look like the others."""
    cells = [row[place] for row in table.rows[:100]]
    longest = max([len(str(cell)) for cell in cells if cell is not None], default=0)
    return min(60, max(12, longest + 2, min(len(table.columns[place].name) + 4, 30)))
