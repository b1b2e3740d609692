"""A whole document as tables, for formats that know nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.reports.document import Cell, Chart, Column, Document, Kind, Section, Table

FIGURES = "Figures"


@dataclass(frozen=True, slots=True)
class Placed:
    """A table and the section it belongs to."""

    section: Section
    table: Table


def tabulated(document: Document) -> Iterator[Placed]:
    """Figures, tables and the points of charts, in the order of the report."""
    for section in document.sections:
        if section.figures:
            yield Placed(section, _of_figures(section))
        for table in section.tables:
            yield Placed(section, table)
        for chart in section.charts:
            yield Placed(section, _of_chart(chart))


def _of_figures(section: Section) -> Table:
    columns = (
        Column("Figure"),
        Column("Value", kind=Kind.NUMBER),
        Column("Unit"),
        Column("Previous period", kind=Kind.NUMBER),
        Column("Change", "ratio", Kind.RATIO),
    )
    rows = tuple(
        (one.name, one.value, one.unit, one.previous, one.change) for one in section.figures
    )
    return Table(FIGURES, columns, rows)


def _of_chart(chart: Chart) -> Table:
    """A column a series; where it has no point, or one that nobody knows, there is nothing."""
    places: dict[datetime | str, list[Cell]] = {}
    for number, series in enumerate(chart.series):
        for x, y in series.points:
            places.setdefault(x, [None] * len(chart.series))[number] = y
    horizontal = Kind.TIME if any(isinstance(x, datetime) for x in places) else Kind.TEXT
    columns = [Column(series.name, chart.y_unit, chart.kind) for series in chart.series]
    rows = tuple((x, *values) for x, values in places.items())
    return Table(chart.title, (Column(chart.x_label, kind=horizontal), *columns), rows)
