"""CSV in UTF-8 with a header. An empty cell is absent."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cli.failures import UsageError
from cli.load.rows import Row

MAX_CELL_CHARACTERS = 4 * 1024 * 1024


class CommaSeparated:
    """An open CSV file."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._reader = csv.reader(file, strict=True)
        self.size = os.fstat(file.fileno()).st_size
        self._columns = self._header()

    @property
    def position(self) -> int:
        return self._file.buffer.tell()

    def rows(self, skip: int) -> Iterator[Row]:
        number = 0
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = [f"not CSV: {error}"]
                row = Row(number + 1, line, None, cells[0])
            else:
                row = self._row(number + 1, line, cells)
            number += bool(cells)
            if cells and number > skip:
                yield row

    def _row(self, number: int, line: int, cells: list[str]) -> Row:
        if len(cells) != len(self._columns):
            trouble = f"{len(cells)} cells under {len(self._columns)} columns"
            return Row(number, line, None, trouble)
        if not _is_text(cells):
            return Row(number, line, None, "not UTF-8")
        return Row(number, line, dict(zip(self._columns, cells, strict=True)))

    def _header(self) -> list[str]:
        columns = [name.strip() for name in next(self._reader, [])]
        if not columns or len(set(columns)) != len(columns):
            raise UsageError("the CSV file needs a first line of distinct column names")
        return columns


@contextmanager
def opened(path: Path) -> Iterator[CommaSeparated]:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    # A broken byte must spoil its row only, not the reading of all rows behind it.
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        yield CommaSeparated(file)


def _is_text(cells: list[str]) -> bool:
    return not any("\udc80" <= character <= "\udcff" for cell in cells for character in cell)
