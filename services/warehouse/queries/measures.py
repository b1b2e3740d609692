"""What can be calculated over a group of facts, or of cells of facts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Column = Sequence[Any]
"""A value of each group."""


def as_it_is(column: Column) -> list[Any]:
    return list(column)


@dataclass(frozen=True)
class Measure:
    """Columns as SQL, and what makes one value of them for each group.

    `keys` are what cells must tell apart for it; a measure `of_facts` cannot be had from cells.
    """

    columns: tuple[str, ...]
    finish: Callable[..., list[Any]] = as_it_is
    keys: frozenset[str] = frozenset()
    of_facts: bool = False

    @property
    def is_ready(self) -> bool:
        """The database has the value itself, so that it can put groups in an order by it."""
        return self.finish is as_it_is and len(self.columns) == 1


def in_sql(text: str) -> Measure:
    """A value that the database has ready."""
    return Measure((text,))
