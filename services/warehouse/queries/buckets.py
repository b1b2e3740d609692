"""Cuts an interval into minutes, hours, local days, weeks or months.

The only definition of buckets: SQL gets their starts as an array and looks each fact up in it
with width_bucket, so clock changes are decided in one place.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from services.runtime.faults import FieldViolation, InvalidArgument
from services.warehouse.queries.interval import Interval

MAX_BUCKETS = 10_000
MINUTE = timedelta(minutes=1)
# The numbers that with_previous() gives.
PREVIOUS, CURRENT = 1, 2


class Granularity(Enum):
    """The length of a bucket."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Buckets:
    """The starts of buckets in order, and the end of the last."""

    starts: tuple[datetime, ...]
    end: datetime

    def __getitem__(self, number: int) -> Interval:
        """The bucket that width_bucket calls `number`, from 1."""
        end = self.starts[number] if number < len(self.starts) else self.end
        return Interval(self.starts[number - 1], end)

    @property
    def whole(self) -> Interval:
        return Interval(self.starts[0], self.end)

    def number_of(self, time: datetime) -> int:
        return bisect_right(self.starts, time)


def with_previous(interval: Interval) -> Buckets:
    """The interval, and the one just before it that it is compared with."""
    return Buckets((interval.previous().start, interval.start), interval.end)


def cut(interval: Interval, granularity: Granularity, zone: ZoneInfo) -> Buckets:
    """All buckets that the interval touches. Raises InvalidArgument if they are too many."""
    steps = _steps(interval, granularity, zone)
    starts: list[datetime] = []
    for start in steps:
        if start >= interval.end:
            return Buckets(tuple(starts), start)
        starts.append(start)
        if len(starts) > MAX_BUCKETS:
            break
    raise _too_many()


def _steps(interval: Interval, granularity: Granularity, zone: ZoneInfo) -> Iterator[datetime]:
    """Starts of buckets, without end."""
    if granularity in (Granularity.MINUTE, Granularity.HOUR):
        return _clock_steps(interval.start, granularity, zone)
    return _calendar_steps(interval.start, granularity, zone)


def _clock_steps(first: datetime, granularity: Granularity, zone: ZoneInfo) -> Iterator[datetime]:
    """Minutes and hours pass in absolute time; only where they begin depends on the zone."""
    step = MINUTE if granularity is Granularity.MINUTE else timedelta(hours=1)
    start, is_whole = _whole(first, granularity, zone), True
    while True:
        yield start
        following = start + step
        is_as_before = start.astimezone(zone).utcoffset() == following.astimezone(zone).utcoffset()
        # Unless the clock was changed, what follows a whole hour by an hour is one.
        if not (is_whole and is_as_before):
            following = max(_whole(following, granularity, zone), start + MINUTE)
        start, is_whole = following, is_as_before


def _whole(time: datetime, granularity: Granularity, zone: ZoneInfo) -> datetime:
    local = time.astimezone(zone)
    minutes = local.minute if granularity is Granularity.HOUR else 0
    past = timedelta(minutes=minutes, seconds=local.second, microseconds=local.microsecond)
    return (time - past).astimezone(UTC)


def _calendar_steps(
    first: datetime, granularity: Granularity, zone: ZoneInfo
) -> Iterator[datetime]:
    """Days, weeks and months begin at local midnights, whatever the clocks did in between."""
    following = _FOLLOWING[granularity]
    day = _first_day(first.astimezone(zone), granularity)
    while True:
        yield day.replace(tzinfo=zone).astimezone(UTC)
        day = following(day)


def _first_day(local: datetime, granularity: Granularity) -> datetime:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0, tzinfo=None)
    if granularity is Granularity.WEEK:
        return midnight - timedelta(days=midnight.weekday())
    return midnight.replace(day=1) if granularity is Granularity.MONTH else midnight


_FOLLOWING: dict[Granularity, Callable[[datetime], datetime]] = {
    Granularity.DAY: lambda day: day + timedelta(days=1),
    Granularity.WEEK: lambda day: day + timedelta(days=7),
    # The 1st plus 32 days is always in the next month.
    Granularity.MONTH: lambda day: (day + timedelta(days=32)).replace(day=1),
}


def _too_many() -> InvalidArgument:
    return InvalidArgument(
        "RESULT_TOO_LARGE",
        f"the interval has more than {MAX_BUCKETS} buckets; shorten it or lengthen them",
        metadata={"limit": str(MAX_BUCKETS), "fields": "granularity,interval"},
        violations=[FieldViolation("granularity", f"gives more than {MAX_BUCKETS} buckets")],
    )
