"""`shadower tail`."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from shadower.metrics.v1 import metrics_service_pb2 as pb
from shadower.metrics.v1.metric_pb2 import TimeSeries

from cli.asking.filters import FilterOption, filter_of
from cli.asking.following import followed
from cli.asking.session import Session, asking
from cli.commands.query import By, Every, dimensions_of, granularity_of
from cli.durations import parse_duration
from cli.failures import CommandError
from cli.rendering.console import tell
from cli.rendering.examples import examples
from cli.rendering.values import ABSENT, clean, labels, number, time

METRICS = ("executions",)
GROUPS = (By.AGENT, By.STATUS)
Place = tuple[str, str, int]

tail = typer.Typer(name="tail", add_completion=False)


@dataclass
class Changes:
    """What was told before of each bucket of a group, so that a change can be told as one."""

    zone: ZoneInfo
    told: dict[Place, str] = field(default_factory=dict)
    span: int = 0
    """In nanoseconds, what the snapshot covered: buckets before that are not kept."""

    def lines(self, message: pb.StreamMetricsResponse) -> Iterator[str]:
        """A line for each value that is another one now. A snapshot is where they begin."""
        if message.HasField("snapshot"):
            self.told.clear()
            self._keep(message.snapshot.time_series)
            start = message.snapshot.interval.start_time
            self.span = message.as_of.ToNanoseconds() - start.ToNanoseconds()
            return
        now = time(message.as_of, self.zone)
        for place, value in self._changed(message.delta.time_series):
            metric, group, *_ = place
            before = self.told.get(place)
            since = f" (before: {before})" if before is not None else ""
            self.told[place] = value
            yield clean(f"{now}  {metric} {value}{since}  {group}")
        self._forget(message.as_of.ToNanoseconds() - self.span)

    def _keep(self, series: Iterable[TimeSeries]) -> None:
        self.told.update(_values(series))

    def _forget(self, oldest: int) -> None:
        """All but the bucket in which that is, and those after it."""
        first = max((start for *_, start in self.told if start <= oldest), default=oldest)
        for place in [one for one in self.told if one[2] < first]:
            del self.told[place]

    def _changed(self, series: Iterable[TimeSeries]) -> list[tuple[Place, str]]:
        return [(place, value) for place, value in _values(series) if self.told.get(place) != value]


@dataclass
class Room:
    """For how many changes there is still room; None for all."""

    left: int | None

    def is_full_with(self, more: int) -> bool:
        if self.left is not None:
            self.left = max(0, self.left - more)
        return self.left == 0


@tail.command(
    "tail",
    epilog=examples(
        "shadower tail",
        "shadower tail cost total_tokens --by model",
        "shadower tail --filter status=failed --json | jq .delta",
        "shadower tail --for 1h --limit 1 && echo something ran",
    ),
)
@asking
async def follow(  # noqa: PLR0913 - one parameter for each option
    session: Session,
    *,
    metrics: Annotated[
        list[str] | None, typer.Argument(help="Names of metrics.", show_default="executions")
    ] = None,
    by: Annotated[
        list[By] | None, typer.Option("--by", help="Group by it.", show_default="agent and status")
    ] = None,
    every: Annotated[Every, typer.Option(help="Length of the buckets.")] = Every.HOUR,
    filters: FilterOption = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="End after so long: 90s, 30m.", show_default="never")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="End after so many changes.", show_default="never")
    ] = None,
) -> None:
    """Watch metrics change as executions arrive. Ctrl-C ends it.

    With --json each message of the stream is a line, the first one a snapshot; without, each value
    that has changed since. With --limit it exits with 3 if fewer changes came; with --json the
    message that holds the last of them is printed whole.
    """
    request = pb.StreamMetricsRequest(
        workspace_id=session.workspace,
        metrics=metrics or METRICS,
        granularity=granularity_of(every),
        time_zone=session.zone.key,
        group_by=dimensions_of(GROUPS if by is None and not metrics else by),
        filter=filter_of(filters),
    )
    seconds = parse_duration(duration).total_seconds() if duration else None
    room = Room(limit)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _watch(session, request, room)
    if room.left:
        raise CommandError(f"{room.left} of {limit} changes did not come")


async def _watch(session: Session, request: pb.StreamMetricsRequest, room: Room) -> None:
    changes = Changes(session.zone)
    async for message in followed(session, request):
        told = list(changes.lines(message))
        if message.HasField("snapshot"):
            tell(f"watching {session.workspace}; Ctrl-C ends it (times: {session.zone.key})")
        _print(session, message, told[: room.left])
        if room.is_full_with(len(told)):
            return


def _print(session: Session, message: pb.StreamMetricsResponse, lines: list[str]) -> None:
    if session.as_json:
        session.show_line(message)
    for line in [] if session.as_json else lines:
        typer.echo(line)


def _values(told: Iterable[TimeSeries]) -> Iterator[tuple[Place, str]]:
    for series in told:
        group = labels(series.labels)
        for point in series.points:
            value = number(point.value) if point.HasField("value") else ABSENT
            yield (series.metric, group, point.start_time.ToNanoseconds()), value
