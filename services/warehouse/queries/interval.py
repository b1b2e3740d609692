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
