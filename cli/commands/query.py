"""`shadower query`."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.metrics.v1 import metrics_service_pb2 as pb
from shadower.metrics.v1.metric_pb2 import Metric, MetricKind, TimeSeries
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from cli.asking.filters import FilterOption, filter_of
from cli.asking.pages import listed, narrow
from cli.asking.session import Session, asking
from cli.asking.times import FromOption, SinceOption, Span, ToOption
from cli.rendering.console import waiting
from cli.rendering.examples import examples
from cli.rendering.tables import RIGHT, completeness, table
from cli.rendering.values import ABSENT, number, time, word

MOST_METRICS = 1_000
MOST_POINTS = 10_000
# What UCUM has no unit for: a word about what is counted, which the metric's name tells already.
ANNOTATION = re.compile(r"\{[^}]*\}")
Labels = tuple[tuple[str, str], ...]

query = typer.Typer(name="query", add_completion=False)


class By(StrEnum):
    """Dimensions of executions."""

    AGENT = "agent"
    AGENT_VERSION = "agent-version"
    USER = "user"
    MODEL = "model"
    PROVIDER = "provider"
    STATUS = "status"
    ERROR_TYPE = "error-type"


class Every(StrEnum):
    """Lengths of buckets."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


GroupOption = Annotated[
    list[By] | None, typer.Option("--by", help="Group by it. May be repeated, up to four times.")
]
EveryOption = Annotated[
    Every | None, typer.Option(help="Length of the buckets.", show_default="one for all")
]


@query.command(
    "query",
    epilog=examples(
        "shadower query",
        "shadower query executions success_rate cost --by agent --since 7d",
        "shadower query duration_p95 --every day --zone Europe/Berlin --filter model=gpt-5",
        "shadower query executions --every hour --json | jq '.timeSeries[].points'",
    ),
)
@asking
async def ask(  # noqa: PLR0913 - one parameter for each option
    session: Session,
    *,
    metrics: Annotated[
        list[str] | None, typer.Argument(help="Names of metrics; without any, they are listed.")
    ] = None,
    by: GroupOption = None,
    every: EveryOption = None,
    filters: FilterOption = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
) -> None:
    """Ask for metrics by groups, buckets and filters; without names, list the metrics."""
    if not metrics:
        session.show(await _registry(session), _metrics_view)
        return
    request = pb.GetMetricsRequest(
        workspace_id=session.workspace,
        metrics=metrics,
        interval=Span(since, start, end).interval(session.zone),
        granularity=granularity_of(every),
        time_zone=session.zone.key,
        group_by=dimensions_of(by),
        filter=filter_of(filters),
    )
    answer, registry = await asyncio.gather(_points(session, request), _registry(session))
    units = units_of(registry.metrics)
    session.show(answer, lambda told, zone: _points_view(told, metrics, units, zone))


def granularity_of(every: Every | None) -> "Granularity.ValueType":
    return Granularity.Value(f"GRANULARITY_{(every or 'unspecified').upper()}")


def dimensions_of(by: Iterable[By] | None) -> list["Dimension.ValueType"]:
    names = (one.upper().replace("-", "_") for one in by or ())
    return [Dimension.Value(f"DIMENSION_{name}") for name in names]


def units_of(metrics: Iterable[Metric]) -> Mapping[str, str]:
    return {one.name: one.unit for one in metrics}


def titled(metric: str, units: Mapping[str, str]) -> str:
    unit = ANNOTATION.sub("", units.get(metric, ""))
    return f"{metric} [{unit}]" if unit else metric


async def _registry(session: Session) -> pb.ListMetricsResponse:
    rpc = session.stub(MetricsServiceStub).ListMetrics
    return await listed(
        session, rpc, pb.ListMetricsRequest(workspace_id=session.workspace), MOST_METRICS
    )


async def _points(session: Session, request: pb.GetMetricsRequest) -> pb.GetMetricsResponse:
    """All pages as one; of a series that goes on in the next page, one series."""
    rpc = session.stub(MetricsServiceStub).GetMetrics
    request.page_size = MOST_POINTS
    answer = await session.ask(rpc, request)
    with waiting("reading"):
        while answer.next_page_token:
            request.page_token = answer.next_page_token
            page = await session.ask(rpc, request)
            _join(answer.time_series, page.time_series)
            answer.next_page_token = page.next_page_token
            narrow(answer, page)
    return answer


def _join(told: Any, more: Iterable[TimeSeries]) -> None:
    known = {_key(one): one for one in told}
    for series in more:
        if _key(series) in known:
            known[_key(series)].points.extend(series.points)
        else:
            told.append(series)


def _key(series: TimeSeries) -> tuple[str, Labels]:
    return series.metric, tuple(sorted(series.labels.items()))


def _metrics_view(answer: pb.ListMetricsResponse, _: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (one.name, one.unit, word(MetricKind, one.kind, "METRIC_KIND_"), one.meaning)
        for one in answer.metrics
    )
    yield table(("metric", "unit", "kind", "meaning"), rows)


def _points_view(
    answer: pb.GetMetricsResponse, metrics: list[str], units: Mapping[str, str], zone: ZoneInfo
) -> Iterator[RenderableType]:
    groups = sorted({name for series in answer.time_series for name in series.labels})
    headings = ("from", *groups, *(RIGHT + titled(one, units) for one in metrics))
    yield table(headings, _rows(answer.time_series, groups, metrics, zone))
    yield from completeness(answer, zone)


def _rows(
    told: Iterable[TimeSeries], groups: list[str], metrics: list[str], zone: ZoneInfo
) -> Iterator[list[str]]:
    """A row for each bucket of a group, by time."""
    values: dict[tuple[int, int, Labels], dict[str, str]] = {}
    starts = {}
    for series in told:
        _, labels = _key(series)
        for point in series.points:
            key = (point.start_time.seconds, point.start_time.nanos, labels)
            starts[key] = time(point.start_time, zone)
            values.setdefault(key, {})[series.metric] = number(point.value)
    for key in sorted(values):
        named = dict(key[2])
        yield [
            starts[key],
            *(named.get(group, ABSENT) for group in groups),
            *(values[key].get(metric, ABSENT) for metric in metrics),
        ]
