"""What a report says, before anyone decides how it looks.

A document is plain data: no driver, no generated code, no markup. Every text in it is text as its
author wrote it, HTML and formulas included; each format escapes for itself. None stands for a
number that nobody knows and is shown as such, never as zero.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Cell: TypeAlias = str | int | float | datetime | None
Number: TypeAlias = int | float | None


class Kind(StrEnum):
    """What a column holds, which decides how its cells are aligned, written and typed."""

    TEXT = "text"
    NUMBER = "number"
    RATIO = "ratio"
    TIME = "time"


class Form(StrEnum):
    """How a chart draws its points."""

    LINE = "line"
    BAR = "bar"


class Format(StrEnum):
    """What a document can be rendered to."""

    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; the unit is that of its numbers ("s", "USD", "tokens")."""

    name: str
    unit: str = ""
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each as long as there are columns; `left_out` counts those that its maker
    did not keep."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.name} is not as long as there are columns")
        _require_finite(cell for row in self.rows for cell in row)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number worth a headline, its value in the period before, and the change between them as
    a ratio: 0.1 is 10 % more."""

    name: str
    value: Number
    unit: str = ""
    kind: Kind = Kind.NUMBER
    previous: Number = None
    change: float | None = None

    def __post_init__(self) -> None:
        _require_finite((self.value, self.previous, self.change))


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one line or one set of bars: x is an instant or a name, none of them twice, y is
    None where nobody knows it."""

    name: str
    points: tuple[tuple[datetime | str, Number], ...]

    def __post_init__(self) -> None:
        if len({x for x, _ in self.points}) < len(self.points):
            raise ValueError(f"two points of {self.name} are at one place")
        _require_finite(y for _, y in self.points)


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over one horizontal axis; all x of a chart are instants, or all are names."""

    title: str
    form: Form
    y_unit: str
    x_label: str
    series: tuple[Series, ...]
    y_label: str = ""
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of a report; `kind` is its name in the contract ("summary", "agents", "cost")."""

    kind: str
    title: str
    text: str = ""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report over the half-open period from `start` to `end`, whose days are those of
    `time_zone`.

    `as_of` is the instant whose committed data it shows, `complete_until` the instant until which
    all data had arrived by then (None: unknown). All instants carry a zone.
    """

    title: str
    workspace_id: str
    start: datetime
    end: datetime
    time_zone: str
    generated_at: datetime
    as_of: datetime
    complete_until: datetime | None
    sections: tuple[Section, ...]

    def tables(self) -> Iterator[tuple[Section, Table]]:
        return ((section, table) for section in self.sections for table in section.tables)


def _require_finite(cells: Iterable[Cell]) -> None:
    """No format can say that a number is none; who does not know it says None."""
    if any(isinstance(cell, float) and not math.isfinite(cell) for cell in cells):
        raise ValueError("a number is not finite")
