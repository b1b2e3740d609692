"""Times and intervals as people write them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.time_interval_pb2 import TimeInterval

from cli.durations import parse_duration
from cli.failures import UsageError

SinceOption = Annotated[
    str | None, typer.Option(help="So long up to now: 90s, 30m, 12h, 7d.", show_default="7d")
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from", help="The first moment: 2026-11-01, or 2026-11-01T08:00, or with +01:00."
    ),
]
ToOption = Annotated[
    str | None, typer.Option("--to", help="The first moment after it.", show_default="now")
]


@dataclass(frozen=True)
class Span:
    """What --since, --from and --to say."""

    since: str | None = None
    start: str | None = None
    end: str | None = None

    def interval(self, zone: ZoneInfo) -> TimeInterval | None:
        """None leaves it to the service: the seven days up to the end of this minute."""
        if self.start is not None and self.since is not None:
            raise UsageError("say --since or --from, not both")
        if self.start is None and self.since is None and self.end is None:
            return None
        end = parse_time(self.end, zone) if self.end is not None else datetime.now(UTC)
        return interval_of(self._start(zone, end), end)

    def _start(self, zone: ZoneInfo, end: datetime) -> datetime:
        if self.start is not None:
            return parse_time(self.start, zone)
        return end - parse_duration(self.since or "7d")


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """One that names no zone is of the given one. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time such as 2026-11-01 or 2026-11-01T08:00") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"{name!r} is no time zone such as Europe/Berlin") from error


def interval_of(start: datetime, end: datetime) -> TimeInterval:
    return TimeInterval(start_time=timestamp_of(start), end_time=timestamp_of(end))


def timestamp_of(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment.astimezone(UTC))
    return timestamp
