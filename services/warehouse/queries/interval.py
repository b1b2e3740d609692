"""Half-open spans of time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Interval:
    """From start, which belongs to it, to end, which does not."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def previous(self) -> "Interval":
        """The interval of equal length just before."""
        return Interval(self.start - self.length, self.start)


def last(length: timedelta) -> Interval:
    """The interval of that length up to now."""
    now = datetime.now(UTC)
    return Interval(now - length, now)


def last_by_minute(length: timedelta) -> Interval:
    """The same up to the end of the present minute. For as long the same interval is meant, and
    only a new fact changes what there is to say of it."""
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    end = minute + timedelta(minutes=1)
    return Interval(end - length, end)
