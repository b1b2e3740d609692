"""Rows of a file, whatever its format."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its content, or what is wrong with it. `number` is where a resumed load goes on."""

    number: int
    line: int
    content: Mapping[str, Any] | None
    trouble: str = ""


class Source(Protocol):
    """An open file. Reads one row, or a bounded number of them, at a time."""

    @property
    def size(self) -> int:
        """How much there is, in a unit of the format's own."""

    @property
    def position(self) -> int:
        """How much of it has been read."""

    def rows(self, skip: int) -> Iterator[Row]:
        """The rows after the one numbered `skip`."""


class Format(Protocol):
    """A module that reads one format."""

    def opened(self, path: Any) -> AbstractContextManager[Source]: ...
