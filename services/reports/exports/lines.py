"""Files of lines: CSV and JSON."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from services.reports.exports.columns import JSON_VALUES, TEXTS, ExportColumn, Sort
from services.reports.rendering.to_csv import neutral
from services.warehouse.exports.executions import Row

QUOTED = re.compile('[",\r\n]')


class CsvEncoder:
    """RFC 4180. A text of no characters is quoted, what is not known is not."""

    content_type = "text/csv; charset=utf-8; header=present"
    extension = "csv"

    def __init__(self, columns: Sequence[ExportColumn], *, spreadsheet_safe: bool) -> None:
        self._names = [column.name for column in columns]
        self._write = [_writer(column.sort, spreadsheet_safe) for column in columns]

    def begin(self) -> bytes:
        return _line(self._names)

    def add(self, rows: Sequence[Row]) -> bytes:
        return b"".join(_line(map(_written, self._write, row)) for row in rows)

    def end(self) -> bytes:
        return b""

    def cut(self, reason: str) -> bytes:
        """A quote that nobody closes: readers refuse it, and people can read it."""
        return f'"EXPORT CUT OFF: {reason}'.encode()


def _writer(sort: Sort, spreadsheet_safe: bool) -> Callable[[Any], str]:
    if sort is Sort.TEXT:
        return (lambda text: _quoted(neutral(text))) if spreadsheet_safe else _quoted
    text_of = TEXTS[sort]
    return (lambda value: _quoted(text_of(value))) if sort is Sort.MAP else text_of


def _written(write: Callable[[Any], str], value: Any) -> str:
    return "" if value is None else write(value)


def _quoted(text: str) -> str:
    if text and not QUOTED.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _line(fields: Any) -> bytes:
    return (",".join(fields) + "\r\n").encode()


class JsonLinesEncoder:
    """An object a line, each with every column."""

    content_type = "application/jsonl; charset=utf-8"
    extension = "jsonl"

    def __init__(self, columns: Sequence[ExportColumn]) -> None:
        self._columns = [(column.name, JSON_VALUES[column.sort]) for column in columns]

    def begin(self) -> bytes:
        return b""

    def add(self, rows: Sequence[Row]) -> bytes:
        return b"".join(
            orjson.dumps(self._object(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows
        )

    def end(self) -> bytes:
        return b""

    def cut(self, reason: str) -> bytes:
        return orjson.dumps({"error": reason}, option=orjson.OPT_APPEND_NEWLINE)

    def _object(self, row: Row) -> dict[str, Any]:
        return {
            name: None if value is None else convert(value)
            for (name, convert), value in zip(self._columns, row, strict=True)
        }
