"""JSON Lines: an object a line. Empty lines do not count."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from cli.load.rows import Row

# A request may have 4 MiB, so a longer line could never be stored.
MAX_LINE_BYTES = 4 * 1024 * 1024


class JsonLines:
    """An open file of JSON Lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    @property
    def position(self) -> int:
        return self._file.tell()

    def rows(self, skip: int) -> Iterator[Row]:
        for number, line in enumerate(self._lines(), start=1):
            if number > skip and line.strip():
                yield _row(number, line)

    def _lines(self) -> Iterator[bytes]:
        while line := self._file.readline(MAX_LINE_BYTES):
            if len(line) == MAX_LINE_BYTES:
                self._skip_the_rest_of(line)
            yield line

    def _skip_the_rest_of(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._file.readline(MAX_LINE_BYTES)


@contextmanager
def opened(path: Path) -> Iterator[JsonLines]:
    with path.open("rb") as file:
        yield JsonLines(file)


def _row(number: int, line: bytes) -> Row:
    if len(line) == MAX_LINE_BYTES:
        return Row(number, number, None, f"the line has more than {MAX_LINE_BYTES} bytes")
    try:
        content = _parsed(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except RecursionError:
        return Row(number, number, None, "not JSON: nested too deeply")
    except ValueError as error:
        return Row(number, number, None, f"not JSON: {error}")
    if not isinstance(content, dict):
        return Row(number, number, None, "not a JSON object")
    return Row(number, number, content)


def _parsed(line: str) -> Any:
    return json.loads(line, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
