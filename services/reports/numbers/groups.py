"""Who and what ran: the sections agents, users and cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shadower.aggregates.v1 import aggregation_pb2 as aggregations
from shadower.common.v1 import dimension_pb2 as dimensions

from services.reports.document import Chart, Column, Form, Kind, Section, Series, Table
from services.reports.numbers.compared import compared, text_about
from services.reports.numbers.mesh import Questions
from services.reports.numbers.values import METRICS, moment, money, number, optional, seconds

MOST_AGENTS = 50
MOST_GROUPS = 100
LOOKED_INTO = 3
ON_CHART = 15
COUNTED = (
    ("runs", aggregations.FIELD_EXECUTION, aggregations.FUNCTION_COUNT),
    ("tokens", aggregations.FIELD_TOTAL_TOKENS, aggregations.FUNCTION_SUM),
    ("cost", aggregations.FIELD_COST, aggregations.FUNCTION_SUM),
)
COUNTED_COLUMNS = tuple(METRICS[name].column for name in ("executions", "total_tokens", "cost"))
LABELS: Mapping[int, str] = {
    dimensions.DIMENSION_AGENT: "agent_id",
    dimensions.DIMENSION_USER: "user_id",
    dimensions.DIMENSION_MODEL: "model",
}
AGENT_METRICS = ("executions", "success_rate", "duration_avg", "duration_p95", "total_tokens")


@dataclass(frozen=True)
class Bar:
    """A group as a chart shows it. Several may have one name; ids are of one group each."""

    name: str
    group_id: str
    value: Any


async def agents(questions: Questions) -> Section:
    """Those that ran most; and how reliable the first of them were."""
    figures = await compared(questions, ["active_agents"])
    found = await questions.agents(MOST_AGENTS)
    total = figures[0].value or 0
    tables = [_agents(found, left_out=max(int(total) - len(found), 0))]
    if questions.asked.is_of_all and found:
        told = [await questions.performance(one.agent_id) for one in found[:LOOKED_INTO]]
        tables.append(_reliability(told))
    bars = [Bar(_name(one), one.agent_id, one.executions.total) for one in found]
    charts = _bars("Runs by agent", "runs", "Agent", bars)
    return Section("agents", "Agents", text_about(figures), tuple(figures), tuple(tables), charts)


def _agents(found: Sequence[Any], left_out: int) -> Table:
    columns = (
        Column("Agent"),
        Column("Name"),
        *(METRICS[name].column for name in AGENT_METRICS),
        METRICS["cost"].column,
        METRICS["active_users"].column,
        Column("Last run", kind=Kind.TIME),
    )
    return Table("Agents by runs", columns, tuple(map(_agent, found)), left_out)


def _agent(one: Any) -> tuple[Any, ...]:
    return (
        one.agent_id,
        one.agent_name,
        one.executions.total,
        optional(one, "success_rate"),
        seconds(one.duration, "average"),
        seconds(one.duration, "p95"),
        optional(one.tokens, "total_tokens"),
        money(one.cost),
        one.distinct_users,
        moment(one, "last_start_time"),
    )


def _name(one: Any) -> str:
    return str(one.agent_name or one.agent_id)


def _reliability(told: Sequence[Any]) -> Table:
    columns = (
        Column("Agent"),
        Column("Name"),
        Column("Availability", kind=Kind.RATIO),
        Column("Mean time to recovery", "s", Kind.NUMBER),
        Column("Most runs at once", kind=Kind.NUMBER),
    )
    rows = tuple(
        (
            one.agent_id,
            one.agent_name,
            optional(one.reliability, "availability"),
            seconds(one.reliability, "mean_time_to_recovery"),
            one.throughput.peak_concurrency,
        )
        for one in told
    )
    return Table("Reliability of the agents that ran most", columns, rows)


async def users(questions: Questions) -> Section:
    figures = await compared(questions, ["active_users"])
    found = await _groups(questions, dimensions.DIMENSION_USER, by="runs")
    table = _table("Users by runs", "User", found)
    return Section("users", "Users", text_about(figures), tuple(figures), (table,))


async def cost(questions: Questions) -> Section:
    figures = await compared(questions, ["cost", "cost_avg", "credits", "total_tokens"])
    by_model = await _groups(questions, dimensions.DIMENSION_MODEL, by="cost")
    by_agent = await _groups(questions, dimensions.DIMENSION_AGENT, by="cost")
    tables = (
        _table("Cost by model", "Model", by_model),
        _table("Cost by agent", "Agent", by_agent),
    )
    charts = (
        *_bars("Cost by model", "USD", "Model", _costs(by_model)),
        *_bars("Cost by agent", "USD", "Agent", _costs(by_agent)),
    )
    return Section("cost", "Cost", text_about(figures), tuple(figures), tables, charts)


@dataclass(frozen=True)
class Groups:
    """The name of each group and its values, and how many others there are."""

    rows: tuple[tuple[Any, ...], ...]
    left_out: int


async def _groups(questions: Questions, dimension: int, by: str) -> Groups:
    """Those with most of one of these first, those without it last."""
    wanted = [
        aggregations.Aggregation(name=name, field=field, function=function)
        for name, field, function in sorted(COUNTED, key=lambda one: one[0] != by)
    ]
    answer = await questions.groups(wanted, dimension, MOST_GROUPS)
    rows = tuple(_group(row, LABELS[dimension]) for row in answer.rows)
    return Groups(rows, answer.total_groups - len(rows))


def _group(row: Any, label: str) -> tuple[Any, ...]:
    values = {one.name: number(one.value) for one in row.values}
    return (row.labels.get(label), *(values[name] for name, _, _ in COUNTED))


def _table(name: str, first: str, found: Groups) -> Table:
    return Table(name, (Column(first), *COUNTED_COLUMNS), found.rows, found.left_out)


def _costs(found: Groups) -> list[Bar]:
    """Those without a name are together; one may have the name "unknown" itself."""
    return [
        Bar(row[0] or "unknown", row[0] or "not reported", row[3])
        for row in found.rows
        if row[3] is not None
    ]


def _bars(title: str, unit: str, label: str, bars: Sequence[Bar]) -> tuple[Chart, ...]:
    """No chart of nothing."""
    shown = bars[:ON_CHART]
    points = zip(told_apart(shown), (one.value for one in shown), strict=True)
    series = Series(title, tuple(points))
    return (Chart(title, Form.BAR, unit, label, (series,), title),) if bars else ()


def told_apart(bars: Sequence[Bar]) -> list[str]:
    """Their names; where several have one, with their ids, and numbered if that does not do."""
    often = Counter(one.name for one in bars)
    names = [
        f"{one.name} ({one.group_id})"
        if often[one.name] > 1 and one.name != one.group_id
        else one.name
        for one in bars
    ]
    if len(set(names)) == len(names):
        return names
    return [f"{number}. {name}" for number, name in enumerate(names, 1)]
