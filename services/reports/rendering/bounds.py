"""How much a document may hold, and how much of it is for people to read."""

from services.reports.document import Document

MAX_CELLS = 1_000_000
MAX_POINTS = 200_000

# Beyond that nobody reads on; the formats for programs have every row.
ROWS_ON_A_PAGE = 500
ROWS_ON_PAPER = 200
SERIES_DRAWN = 8
BARS_DRAWN = 40
# A text of a cell or a label, where it is to be looked at.
CELL_CHARACTERS = 300


class TooLargeError(Exception):
    """The document holds more than a report may."""


def check_size(document: Document) -> None:
    cells = sum(len(table.rows) * len(table.columns) for _, table in document.tables())
    charts = (chart for section in document.sections for chart in section.charts)
    points = sum(len(series.points) for chart in charts for series in chart.series)
    if cells > MAX_CELLS or points > MAX_POINTS:
        raise TooLargeError(f"{cells} cells and {points} points")
