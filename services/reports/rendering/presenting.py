"""A document as it is read on a page or on paper: texts only, ready to be laid out."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from services.reports.document import Chart, Document, Figure, Kind, Section, Table
from services.reports.rendering.bounds import BARS_DRAWN, SERIES_DRAWN
from services.reports.rendering.drawing import drawn
from services.reports.rendering.scales import summary
from services.reports.rendering.vector import SVG, text_of, tidied
from services.reports.rendering.wording import (
    change_text,
    column_texts,
    heading_text,
    instant_text,
    number_text,
    period_text,
    printable,
)


def presented(document: Document, most_rows: int) -> dict[str, Any]:
    """Of long tables the first rows, and word of how many there are."""
    zone = ZoneInfo(document.time_zone)
    numbers = count(1)
    return {
        "title": printable(document.title),
        "period": period_text(document),
        "zone": document.time_zone,
        "facts": list(_facts(document, zone)),
        "sections": [_section(one, zone, most_rows, numbers) for one in document.sections],
    }


def _facts(document: Document, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    complete = document.complete_until
    yield "Workspace", printable(document.workspace_id)
    yield "Time zone", document.time_zone
    yield "Generated", instant_text(document.generated_at, zone)
    yield "Shows what was stored by", instant_text(document.as_of, zone)
    yield "Complete until", instant_text(complete, zone) if complete else "unknown"


def _section(
    section: Section, zone: ZoneInfo, most_rows: int, numbers: Iterator[int]
) -> dict[str, Any]:
    paragraphs = printable(section.text).split("\n\n")
    return {
        "title": printable(section.title),
        "paragraphs": [one.strip() for one in paragraphs if one.strip()],
        "figures": [_figure(one) for one in section.figures],
        "charts": [_chart(one, zone, next(numbers)) for one in section.charts],
        "tables": [_table(one, zone, most_rows) for one in section.tables],
    }


def _figure(figure: Figure) -> dict[str, str]:
    is_known = figure.value is not None
    unit = figure.unit if is_known and figure.kind is not Kind.RATIO else ""
    previous = figure.previous
    return {
        "name": printable(figure.name),
        "value": number_text(figure.value, figure.kind) if is_known else "unknown",
        "unit": printable(unit),
        "change": change_text(figure),
        "previous": number_text(previous, figure.kind) if previous is not None else "",
    }


def _chart(chart: Chart, zone: ZoneInfo, number: int) -> dict[str, str]:
    title, told = printable(chart.title), summary(chart)
    svg = tidied(drawn(chart, zone), f"c{number}-")
    _name(svg, f"c{number}-title", f"{title}. {told}")
    return {"title": title, "summary": told, "svg": text_of(svg), "note": _left_out(chart)}


def _name(svg: ET.Element, name_id: str, name: str) -> None:
    svg.attrib.update({"role": "img", "aria-labelledby": name_id})
    title = ET.Element(f"{{{SVG}}}title", {"id": name_id})
    title.text = name
    svg.insert(0, title)


def _left_out(chart: Chart) -> str:
    """Word of what there was no room to draw."""
    names = {x for series in chart.series for x, _ in series.points if isinstance(x, str)}
    series = len(chart.series)
    notes = []
    if series > SERIES_DRAWN:
        notes.append(f"{SERIES_DRAWN} of {series} series are drawn.")
    if len(names) > BARS_DRAWN:
        notes.append(f"{BARS_DRAWN} of {len(names)} names are drawn.")
    return " ".join(notes)


def _table(table: Table, zone: ZoneInfo, most_rows: int) -> dict[str, Any]:
    shown = table.rows[:most_rows]
    columns = zip(table.columns, zip(*shown, strict=True), strict=False)
    texts = [column_texts(cells, column, zone) for column, cells in columns]
    return {
        "name": printable(table.name),
        "columns": [
            {"heading": heading_text(one), "is_number": one.kind in (Kind.NUMBER, Kind.RATIO)}
            for one in table.columns
        ],
        "rows": [list(row) for row in zip(*texts, strict=True)],
        "note": _rows_note(table, len(shown)),
    }


def _rows_note(table: Table, shown: int) -> str:
    in_all = len(table.rows) + table.left_out
    if shown == in_all:
        return "" if in_all else "There is nothing to list."
    return f"The first {shown:,} of {in_all:,} rows."
