"""Reports in every format, opened by programs that are not ours."""

import base64
import csv
import hashlib
import io
import json
import math
import re
import zipfile
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import zip_longest
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pypdf
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema_rs import validator_for

from services.reports.document import (
    Chart,
    Column,
    Document,
    Figure,
    Form,
    Format,
    Kind,
    Section,
    Series,
    Table,
)
from services.reports.rendering.bounds import MAX_CELLS, ROWS_ON_A_PAGE, TooLargeError
from services.reports.rendering.render import render
from services.reports.rendering.tabulating import tabulated
from services.reports.rendering.to_json import SCHEMA
from services.reports.rendering.wording import UNKNOWN, number_text, printable
from tests.support.documents import HOSTILE, START, document, hostile_report, monthly_report

BERLIN = ZoneInfo("Europe/Berlin")
QUICK = hypothesis_settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TIMES = st.datetimes(datetime(1900, 4, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NUMBERS = (
    st.none()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
)


class Page(HTMLParser):
    """What a browser makes of a page: its elements, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def all_of(self, attribute: str) -> list[str]:
        return [value for _, has in self.elements if (value := has.get(attribute))]


def page_of(report: Document) -> Page:
    return Page(render(report, Format.HTML))


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def squeezed(text: str) -> str:
    """Without what a line's end does to a text."""
    return re.sub(r"\s+", "", text)


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def archive(content: bytes) -> dict[str, list[list[str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        return {
            name: list(csv.reader(io.StringIO(opened.read(name).decode(), newline=""), strict=True))
            for name in opened.namelist()
        }


@st.composite
def tables(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(Kind), min_size=1, max_size=4))
    cells = {Kind.TEXT: st.none() | TEXTS, Kind.TIME: st.none() | TIMES}
    row = st.tuples(*(cells.get(kind, NUMBERS) for kind in kinds))
    columns = tuple(Column(draw(TEXTS), draw(st.sampled_from(["", "s"])), kind) for kind in kinds)
    return Table(draw(TEXTS), columns, tuple(draw(st.lists(row, max_size=5))))


@st.composite
def reports(draw: st.DrawFn) -> Document:
    found = tuple(draw(st.lists(tables(), min_size=1, max_size=3)))
    figure = Figure(draw(TEXTS), draw(NUMBERS), "s", previous=draw(NUMBERS))
    section = Section("agents", draw(TEXTS), draw(TEXTS), (figure,), found)
    return document(section, title=draw(TEXTS))


@pytest.mark.parametrize("target", Format)
def test_the_same_report_is_the_same_bytes(target: Format) -> None:
    digests = {hashlib.sha256(render(hostile_report(), target)).hexdigest() for _ in range(2)}
    assert len(digests) == 1


@QUICK
@given(report=reports())
def test_json_says_exactly_what_the_report_says(report: Document) -> None:
    told = json.loads(render(report, Format.JSON))
    validator_for(SCHEMA).validate(told)
    for section, said in zip(report.sections, told["sections"], strict=True):
        assert (said["title"], said["text"]) == (section.title, section.text)
        for table, rows in zip(section.tables, said["tables"], strict=True):
            expected = [[_json_cell(cell) for cell in row] for row in table.rows]
            assert rows["rows"] == expected


def _json_cell(cell: Any) -> Any:
    return cell.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0") if _is_time(cell) else cell


def _is_time(cell: Any) -> bool:
    return isinstance(cell, datetime)


@QUICK
@given(report=reports())
def test_csv_has_every_cell(report: Document) -> None:
    _, *files = archive(render(report, Format.CSV)).values()
    for placed, [header, *rows] in zip(tabulated(report), files, strict=True):
        assert len(header) == len(placed.table.columns)
        for row, cells in zip(placed.table.rows, rows, strict=True):
            for cell, said in zip(row, cells, strict=True):
                _is_csv_of(cell, said)


def _is_csv_of(cell: Any, said: str) -> None:
    if isinstance(cell, str):
        assert said.removeprefix("'") == cell.removeprefix("'")
        assert not said.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    elif _is_time(cell):
        assert datetime.fromisoformat(said) == cell
    else:
        assert (type(cell)(said) if cell is not None else said or None) == cell


@QUICK
@given(report=reports())
def test_xlsx_has_every_cell_as_what_it_is(report: Document) -> None:
    summary, *found = sheets(render(report, Format.XLSX)).values()
    assert summary[0][0] in (printable(report.title), None)
    for placed, [_, *rows] in zip(tabulated(report), found, strict=True):
        # Of rows at the end that are empty, a sheet knows nothing.
        for row, cells in zip_longest(placed.table.rows, rows, fillvalue=(None,) * 9):
            for cell, said in zip(row, cells, strict=False):
                _is_xlsx_of(cell, said)


def _is_xlsx_of(cell: Any, said: Any) -> None:
    if isinstance(cell, str):
        # A sheet knows no text without characters.
        assert _plain(said) == _plain(printable(cell))
    elif _is_time(cell):
        local = cell.astimezone(BERLIN).replace(tzinfo=None)
        assert abs(said - local) < timedelta(milliseconds=1)
    else:
        assert said is None if cell is None else math.isclose(float(said), cell, rel_tol=1e-15)


def _plain(text: str | None) -> str:
    return text or ""


@QUICK
@given(report=reports())
def test_parquet_has_every_cell(report: Document) -> None:
    table = pq.read_table(io.BytesIO(render(report, Format.PARQUET)))
    expected = [
        (number, column.name, column.unit, cell)
        for placed in tabulated(report)
        for number, row in enumerate(placed.table.rows)
        for column, cell in zip(placed.table.columns, row, strict=True)
    ]
    read = [
        (row["row"], row["column"], row["unit"], _parquet_cell(row)) for row in table.to_pylist()
    ]
    assert read == expected
    assert table.schema.metadata[b"workspace_id"] == b"northwind"


def _parquet_cell(row: dict[str, Any]) -> Any:
    values = (row[name] for name in ("text", "time", "integer", "number"))
    return next((value for value in values if value is not None), None)


@hypothesis_settings(QUICK, max_examples=5)
@given(report=reports())
def test_pages_and_paper_take_any_text(report: Document) -> None:
    page = page_of(report)
    assert page.tags() <= set(page_of(monthly_report()).tags())
    assert render(report, Format.PDF).startswith(b"%PDF")


def test_a_page_shows_the_numbers_of_the_report() -> None:
    text = squeezed("".join(page_of(monthly_report()).text))
    paper = squeezed(pdf_text(render(monthly_report(), Format.PDF)))
    shown = ["48,213", "97.3 %", "+17.6 %", "184,220,431", "1,284.05", "2026-10-31 23:53", "6,666"]
    for one in (*shown, "1 October 2026 to 31 October 2026", "The first 6 of 18 rows", "unknown"):
        assert squeezed(one) in text
        assert squeezed(one) in paper
    assert (
        text.count(UNKNOWN) == 3
    )  # Two cells of a newcomer, and the note that says what it means.


def test_charts_name_their_units_and_days() -> None:
    page = page_of(monthly_report())
    text = "".join(page.text)
    for label in ("Executions (runs)", "Cost (USD)", "01 Oct", "Day", "45 %"):
        assert label in text
    charts = [has for tag, has in page.elements if tag == "svg"]
    assert len(charts) == 5
    assert all(one["role"] == "img" for one in charts)
    titles = set(page.all_of("id"))
    assert {one["aria-labelledby"] for one in charts} <= titles


def test_a_page_needs_nothing_and_runs_nothing() -> None:
    for report in (monthly_report(), hostile_report()):
        page = page_of(report)
        assert page.tags().isdisjoint({"script", "iframe", "link", "img", "object", "a", "form"})
        assert not [name for _, has in page.elements for name in has if name.startswith("on")]
        assert all(link.startswith("#") for link in page.all_of("xlink:href") + page.all_of("href"))
        assert page.all_of("style") == []
        assert page.all_of("src") == []
        ids = page.all_of("id")
        assert len(ids) == len(set(ids))


def test_the_policy_of_a_page_allows_its_style_alone() -> None:
    content = render(document(), Format.HTML).decode()
    [policy] = re.findall(r'Policy" content="([^"]*)"', content)
    directives = unescape(policy).split("; ")
    [style] = re.findall(r"<style>(.*?)</style>", content, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert {"default-src 'none'", f"style-src 'sha256-{digest}'"} <= set(directives)
    assert "unsafe" not in policy


def test_hostile_texts_stay_texts_everywhere() -> None:
    report = hostile_report()
    page, paper = page_of(report), squeezed(pdf_text(render(report, Format.PDF)))
    text = "".join(page.text)
    for hostile in HOSTILE:
        assert printable(hostile) in text
    # Fonts of paper lack some letters.
    for hostile in HOSTILE[:-1]:
        assert squeezed(hostile) in paper
    assert "root:" not in paper
    book = openpyxl.load_workbook(io.BytesIO(render(report, Format.XLSX)))
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert all(len(sheet.title) <= 31 for sheet in book)


def test_paper_says_what_it_is() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render(monthly_report(), Format.PDF)))
    assert reader.metadata is not None
    assert reader.metadata.title == "Monthly report of Northwind"
    assert reader.metadata.creation_date == datetime(2026, 11, 1, 5, 0, 3, tzinfo=UTC)
    assert f"2 / {len(reader.pages)}" in reader.pages[1].extract_text()
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_of_long_tables_people_see_the_first_rows_and_programs_all() -> None:
    rows = tuple((f"agent-{number}", number) for number in range(20_000))
    columns = (Column("Agent"), Column("Runs", "runs", Kind.NUMBER))
    report = document(Section("agents", "Agents", tables=(Table("All", columns, rows),)))
    content = render(report, Format.HTML)
    assert len(content) < 200_000
    assert f"The first {ROWS_ON_A_PAGE} of 20,000 rows." in content.decode()
    assert len(pypdf.PdfReader(io.BytesIO(render(report, Format.PDF))).pages) < 10
    assert pq.read_table(io.BytesIO(render(report, Format.PARQUET))).num_rows == 2 * len(rows)
    assert len(sheets(render(report, Format.XLSX))["Agents All"]) == 1 + len(rows)


def test_charts_draw_so_much_and_say_what_they_leave_out() -> None:
    points = tuple((f"model {number}", number) for number in range(90))
    series = tuple(Series(f"kind {number}", points) for number in range(12))
    chart = Chart("Much", Form.BAR, "runs", "Model", series)
    text = "".join(page_of(document(Section("models", "Models", charts=(chart,)))).text)
    assert "8 of 12 series are drawn. 40 of 90 names are drawn." in text
    assert "model 39" in text
    assert "model 40" not in text


def test_charts_of_little_are_drawn() -> None:
    little = ((), ((START, None),), (("a", None), ("b", -2.5)), ((START, 0),), (("a", 10**18),))
    charts = [
        Chart("Little", form, "s", "Time", (Series("one", points),))
        for form in Form
        for points in little
    ] + [Chart("None", form, "", "", ()) for form in Form]
    report = document(Section("trends", "Trends", charts=tuple(charts)))
    assert [tag for tag, _ in page_of(report).elements].count("svg") == len(charts)
    assert render(report, Format.PDF).startswith(b"%PDF")


def test_a_chart_never_draws_what_nobody_knows() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 6)]
    values = (4, None, None, 6, 7)
    series = (Series("runs", tuple(zip(days, values, strict=True))),)
    chart = Chart("Runs", Form.BAR, "runs", "Day", series)
    content = render(document(Section("trends", "Trends", charts=(chart,))), Format.HTML)
    [svg] = re.findall(rb"<svg.*?</svg>", content, re.DOTALL)
    bars = [one for one in ET.fromstring(svg).iter() if one.get("fill") == "#2f7fd0"]
    assert len(bars) == 3


def test_what_is_too_much_is_refused() -> None:
    row = ((0,) * 1000,)
    columns = tuple(Column(str(number), kind=Kind.NUMBER) for number in range(1000))
    table = Table("All", columns, row * (MAX_CELLS // 1000 + 1))
    with pytest.raises(TooLargeError):
        render(document(Section("agents", "Agents", tables=(table,))), Format.JSON)


def test_a_report_cannot_say_that_a_number_is_none() -> None:
    for wrong in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite"):
            Figure("Cost", wrong)
        with pytest.raises(ValueError, match="finite"):
            Table("All", (Column("Cost"),), ((wrong,),))
        with pytest.raises(ValueError, match="finite"):
            Series("Cost", (("a", wrong),))
    with pytest.raises(ValueError, match="as long"):
        Table("All", (Column("Cost"),), ((1, 2),))


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, Kind.NUMBER, UNKNOWN),
        (0, Kind.NUMBER, "0"),
        (0.0, Kind.NUMBER, "0"),
        (1234567, Kind.NUMBER, "1,234,567"),
        (12345.678, Kind.NUMBER, "12,345.68"),
        (1.005, Kind.NUMBER, "1.00"),
        (0.000123, Kind.NUMBER, "0.000123"),
        (-0.5, Kind.NUMBER, "-0.500"),
        (1.5e-9, Kind.NUMBER, "1.500e-09"),
        (0.9731, Kind.RATIO, "97.3 %"),
    ],
)
def test_numbers_are_worded_for_people(value: Any, kind: Kind, text: str) -> None:
    assert number_text(value, kind) == text
