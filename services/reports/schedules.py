"""When reports are due: at local times of a zone. Pure."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import count
from zoneinfo import ZoneInfo

from services.reports.calendar import QUARTER, instant, local_day

DAY = timedelta(days=1)
MONTHS = 12


class Frequency(StrEnum):
    """How often."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@dataclass(frozen=True)
class Schedule:
    """On which days, and at what time of these."""

    frequency: Frequency
    local_time: time
    zone: ZoneInfo
    weekday: int = 1
    """1 is Monday."""
    day_of_month: int = 1
    """In a month that has fewer days, its last one."""
    month_of_quarter: int = 1

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The due times after a moment, each once."""
        last = moment
        # A gap may carry a day's time into the next day; so it is looked for from the day before.
        for day in self._days(local_day(moment, self.zone) - DAY):
            due = instant(day, self.local_time, self.zone)
            if due > last:
                yield due
                last = due

    def next(self, moment: datetime) -> datetime:
        """The first one after it."""
        return next(self.after(moment))

    def _days(self, first: date) -> Iterator[date]:
        match self.frequency:
            case Frequency.DAILY:
                return (first + n * DAY for n in count())
            case Frequency.WEEKLY:
                ahead = (self.weekday - first.isoweekday()) % 7
                return (first + (ahead + 7 * n) * DAY for n in count())
            case Frequency.MONTHLY:
                return (day for day in self._in_months(first, 1, 0) if day >= first)
            case Frequency.QUARTERLY:
                months = self._in_months(first, QUARTER, self.month_of_quarter - 1)
                return (day for day in months if day >= first)

    def _in_months(self, first: date, step: int, offset: int) -> Iterator[date]:
        """The day of each so many months, from those that the first day lies in."""
        begin = (first.year * MONTHS + first.month - 1) // step * step + offset
        for number in count(begin, step):
            year, month = number // MONTHS, number % MONTHS + 1
            yield date(year, month, min(self.day_of_month, monthrange(year, month)[1]))


def last_due(
    schedule: Schedule, since: datetime, until: datetime
) -> tuple[datetime | None, int, datetime]:
    """The last due time from one moment to another, how many were before it, and the next."""
    last, passed = None, 0
    for due in schedule.after(since - timedelta(microseconds=1)):
        if due > until:
            return last, max(passed - 1, 0), due
        last, passed = due, passed + 1
    raise AssertionError("a schedule never ends")
