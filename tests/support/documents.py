"""A report as a workspace gets it, with all that reports can hold, and with what may go wrong."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.reports.document import (
    Chart,
    Column,
    Document,
    Figure,
    Form,
    Kind,
    Section,
    Series,
    Table,
)

START = datetime(2026, 9, 30, 22, tzinfo=UTC)
END = datetime(2026, 10, 31, 23, tzinfo=UTC)
DAYS = [datetime(2026, 10, day, tzinfo=ZoneInfo("Europe/Berlin")) for day in range(1, 32)]
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x.example","y")',
    '#eval("1+1") $x^2$ @label #read("/etc/passwd")',
    "_hidden & \"quoted\" 'it' $\\frac{",
    "+1+cmd|' /C calc'!A0",
    "http://example.com/a",
    "日本語 Ünï\u0007 \u202eevil",
)
AGENTS = ("Support triage", "Invoice reader", "Release notes", "Lead scorer", "Code reviewer")


def monthly_report() -> Document:
    return document(_summary(), _agents(), _cost(), _errors())


def document(*sections: Section, title: str = "Monthly report of Northwind") -> Document:
    return Document(
        title=title,
        workspace_id="northwind",
        start=START,
        end=END,
        time_zone="Europe/Berlin",
        generated_at=datetime(2026, 11, 1, 5, 0, 3, 250_000, tzinfo=UTC),
        as_of=datetime(2026, 11, 1, 5, 0, 2, 125_001, tzinfo=UTC),
        complete_until=None,
        sections=sections,
    )


def hostile_report() -> Document:
    """Every text that comes from outside tries to be something else."""
    columns = (Column(HOSTILE[1]), Column("Runs", "runs", Kind.NUMBER))
    rows = tuple((text, number) for number, text in enumerate(HOSTILE))
    points = tuple((text, number) for number, text in enumerate(HOSTILE))
    series = tuple(Series(text, points) for text in HOSTILE)
    charts = tuple(Chart(HOSTILE[0], form, HOSTILE[3], HOSTILE[2], series) for form in Form)
    sections = [
        Section("agents", text, text, (Figure(text, 1, text),), (Table(text, columns, rows),))
        for text in HOSTILE
    ]
    drawn = Section("models", HOSTILE[3], charts=charts)
    return document(*sections, drawn, title=HOSTILE[0])


def _summary() -> Section:
    figures = (
        Figure("Executions", 48_213, "runs", previous=41_002, change=0.1759),
        Figure("Success ratio", 0.9731, "ratio", Kind.RATIO, 0.9802, -0.0072),
        Figure("Average duration", 4.8213, "s", previous=4.31, change=0.1186),
        Figure("Cost", 1284.0537, "USD", previous=1101.4, change=0.1658),
        Figure("Active agents", 5, "agents", previous=5, change=0.0),
        Figure("User rating", None, "of 5"),
        Figure("Tokens", 184_220_431, "tokens", previous=None),
    )
    counts = tuple((day, 1500 + round(400 * math.sin(n))) for n, day in enumerate(DAYS))
    failed = tuple((day, None if n in (11, 12) else 30 + n) for n, day in enumerate(DAYS))
    series = (Series("Succeeded", counts), Series("Failed", failed))
    chart = Chart("Executions by day", Form.LINE, "runs", "Day", series, "Executions")
    text = (
        "More runs than in September, and a little slower.\n\nFor two days nobody counted failures."
    )
    return Section("summary", "Summary", text, figures, (), (chart,))


def _agents() -> Section:
    columns = (
        Column("Agent"),
        Column("Executions", "runs", Kind.NUMBER),
        Column("Success", "ratio", Kind.RATIO),
        Column("p95 duration", "s", Kind.NUMBER),
        Column("Cost", "USD", Kind.NUMBER),
        Column("Last run", kind=Kind.TIME),
    )
    rows = (
        *(
            (
                name,
                20_000 // (n + 1),
                0.99 - n / 50,
                2.5 * (n + 1),
                512.3 / (n + 1),
                END - timedelta(minutes=7 * n),
            )
            for n, name in enumerate(AGENTS)
        ),
        ("Unrated newcomer", 3, None, None, 0.00042, END),
    )
    runs = Series("Executions", tuple((row[0], row[1]) for row in rows))
    chart = Chart("Executions by agent", Form.BAR, "runs", "Agent", (runs,), "Executions")
    return Section(
        "agents", "Agents", "", (), (Table("Agents by executions", columns, rows, 12),), (chart,)
    )


def _cost() -> Section:
    spent = Series("Cost", tuple((day, 30 + 12 * math.cos(n / 3)) for n, day in enumerate(DAYS)))
    chart = Chart("Cost by day", Form.BAR, "USD", "Day", (spent,), "Cost")
    ratio = Series("Cached", tuple((day, 0.2 + n / 100) for n, day in enumerate(DAYS)))
    other = Chart("Share of cached tokens", Form.LINE, "ratio", "Day", (ratio,), kind=Kind.RATIO)
    columns = (Column("Day", kind=Kind.TIME), Column("Cost", "USD", Kind.NUMBER))
    table = Table("Cost by day", columns, spent.points)
    return Section("cost", "Cost", "", (), (table,), (chart, other))


def _errors() -> Section:
    models = ("claude-opus-4", "gpt-5", "a-model-whose-name-is-very-long-indeed-and-longer")
    kinds = ("timeout", "rate_limit", "model_error")
    series = tuple(
        Series(
            kind,
            tuple((model, None if n == m == 1 else 7 * n + m) for m, model in enumerate(models)),
        )
        for n, kind in enumerate(kinds)
    )
    chart = Chart("Errors by model", Form.BAR, "runs", "Model", series, "Failed runs")
    empty = Table("Anomalies", (Column("Time", kind=Kind.TIME), Column("What")), ())
    return Section("anomalies", "Errors and anomalies", "", (), (empty,), (chart,))
