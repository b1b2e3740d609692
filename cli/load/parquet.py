"""Parquet, a bounded number of rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow.parquet import ParquetFile

from cli.failures import CommandError
from cli.load.rows import Row

ROWS_AT_ONCE = 1000


class ParquetRows:
    """An open Parquet file."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.size = int(file.metadata.num_rows)
        self.position = 0

    def rows(self, skip: int) -> Iterator[Row]:
        for batch in self._file.iter_batches(batch_size=ROWS_AT_ONCE):
            first = self.position + 1
            self.position += batch.num_rows
            if self.position > skip:
                yield from _rows(batch, first, skip)


def _rows(batch: Any, first: int, skip: int) -> Iterator[Row]:
    for number, content in enumerate(batch.to_pylist(), start=first):
        if number > skip:
            yield Row(number, number, content)


@contextmanager
def opened(path: Path) -> Iterator[ParquetRows]:
    try:
        with ParquetFile(path) as file:
            yield ParquetRows(file)
    except pyarrow.ArrowException as error:
        raise CommandError(f"{path} cannot be read as Parquet: {error}") from error
