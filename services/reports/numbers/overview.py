"""How the workspace did: the sections summary, comparison and trends."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shadower.common.v1 import granularity_pb2 as granularities

from services.reports.document import Chart, Column, Figure, Form, Kind, Section, Series, Table
from services.reports.numbers.compared import compared, text_about, without_baseline
from services.reports.numbers.mesh import Questions
from services.reports.numbers.values import METRICS, figure, number, optional
from services.runtime.times import to_datetime

SUMMED_UP = (
    "executions",
    "success_rate",
    "duration_avg",
    "active_agents",
    "active_users",
    "total_tokens",
    "cost",
    "credits",
)
COMPARED = tuple(METRICS)
FOLLOWED = ("executions", "success_rate", "duration_p95", "total_tokens", "cost", "active_users")
STATUSES = ("succeeded", "failed", "timed_out", "cancelled", "running")
# Beyond these lengths a chart has buckets of the next size.
HOURS, DAYS = timedelta(days=2), timedelta(days=124)
BUCKETS: Mapping[int, str] = {
    granularities.GRANULARITY_HOUR: "Hour",
    granularities.GRANULARITY_DAY: "Day",
    granularities.GRANULARITY_WEEK: "Week",
}


async def summary(questions: Questions) -> Section:
    """The workspace's own summary; with a filter, which that knows none of, the same by metrics."""
    if questions.asked.is_of_all:
        return _summary(await questions.summary())
    figures = await compared(questions, SUMMED_UP)
    return Section("summary", "Summary", text_about(figures), tuple(figures))


def _summary(told: Any) -> Section:
    trends = {one.metric: one for one in told.trends}
    figures = [_trend(name, trends[name]) for name in SUMMED_UP if name in trends]
    if not number(trends["executions"].baseline):
        figures = without_baseline(figures)
    text = text_about(figures)
    score = told.health_score if told.HasField("health_score") else None
    if score is not None:
        figures.append(Figure("Health score", score.score, "", Kind.RATIO))
    return Section(
        "summary",
        "Summary",
        text,
        tuple(figures),
        (_statuses(told.executions), _users(told.active_users)),
    )


def _trend(name: str, told: Any) -> Figure:
    now, before = number(told.current), number(told.baseline)
    return figure(name, now, before, optional(told, "change_ratio"))


def _statuses(counts: Any) -> Table:
    rows = tuple((name.replace("_", " ").capitalize(), getattr(counts, name)) for name in STATUSES)
    return Table("Runs by status", (Column("Status"), METRICS["executions"].column), rows)


def _users(told: Any) -> Table:
    rows = (
        ("In the period", told.in_interval),
        ("In its last 24 hours", told.daily),
        ("In its last 7 days", told.weekly),
        ("In its last 30 days", told.monthly),
    )
    return Table("Different users", (Column("When"), METRICS["active_users"].column), rows)


async def comparison(questions: Questions) -> Section:
    figures = await compared(questions, COMPARED)
    columns = (
        Column("Metric"),
        Column("Unit"),
        Column("This period", kind=Kind.NUMBER),
        Column("Period before", kind=Kind.NUMBER),
        Column("Change", kind=Kind.RATIO),
    )
    rows = tuple((f.name, f.unit, f.value, f.previous, f.change) for f in figures)
    table = Table("Every metric", columns, rows)
    return Section("comparison", "Comparison", text_about(figures), tables=(table,))


async def trends(questions: Questions) -> Section:
    """A table of all that is followed, and a chart of each."""
    size = _bucket(questions.asked.end - questions.asked.start)
    found = await questions.metrics(FOLLOWED, questions.asked.interval, size)
    points = {
        one.metric: {to_datetime(p.start_time): number(p.value) for p in one.points}
        for one in found
    }
    times = sorted({time for series in points.values() for time in series})
    known = {name: points.get(name, {}) for name in FOLLOWED}
    columns = (Column(BUCKETS[size], kind=Kind.TIME), *(METRICS[n].column for n in FOLLOWED))
    rows = tuple((time, *(known[n].get(time) for n in FOLLOWED)) for time in times)
    charts = tuple(_chart(name, known[name], size) for name in FOLLOWED if known[name])
    text = "" if rows else "Nothing ran in the period."
    table = Table("Over time", columns, rows)
    return Section("trends", "Trends", text, tables=(table,), charts=charts)


def _bucket(length: timedelta) -> int:
    if length <= HOURS:
        return granularities.GRANULARITY_HOUR
    return granularities.GRANULARITY_DAY if length <= DAYS else granularities.GRANULARITY_WEEK


def _chart(name: str, points: Any, size: int) -> Chart:
    shown = METRICS[name]
    series = Series(shown.title, tuple(sorted(points.items())))
    unit = shown.unit or ("" if shown.kind is Kind.RATIO else shown.title.lower())
    return Chart(shown.title, Form.LINE, unit, BUCKETS[size], (series,), shown.title)
