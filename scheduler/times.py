"""When a job's time comes: by five fields of cron, on the clock of a time zone.

Each time that the clock shows comes once. One that it shows twice comes the first time, and one
that it skips comes in the moment in which it goes on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from services.runtime.faults import FieldViolation, InvalidArgument
from services.translation.requests import zone

# APScheduler takes 0 for Monday, and cron for Sunday: a number would mean either.
DAY_NUMBER = re.compile("[0-9]")
FIELDS = 5
INSTANT = timedelta(microseconds=1)
LOOKED_BACK = tuple(
    timedelta(hours=hours) for hours in (1, 25, 24 * 8, 24 * 32, 24 * 367, 24 * 367 * 9)
)
"""Steps: of what is done often, few times are looked at; and what is done seldom is found."""


@dataclass(frozen=True)
class Times:
    """Those of a schedule. All that it is asked and answers is in UTC."""

    cron: CronTrigger
    """Of what a clock shows, which it takes for UTC."""
    zone: ZoneInfo

    def next(self, after: datetime) -> datetime | None:
        """The first one after a time."""
        return next(self._from(after), None)

    def last(self, after: datetime, until: datetime) -> datetime | None:
        """The last one after a time, and not after another."""
        for step in LOOKED_BACK:
            start = max(after, until - step)
            found = self._last_from(start, until)
            if found is not None or start == after:
                return found
        return None

    def _last_from(self, start: datetime, until: datetime) -> datetime | None:
        found = None
        for time in self._from(start):
            if time > until:
                break
            found = time
        return found

    def _from(self, after: datetime) -> Iterator[datetime]:
        """No time comes before one that the clock shows earlier: so nothing is missed, and what the
        clock shows for a second time is passed over."""
        shown = after.astimezone(self.zone).replace(tzinfo=UTC, fold=0)
        while (found := self.cron.get_next_fire_time(None, shown + INSTANT)) is not None:
            shown, time = found, _moment(found.replace(tzinfo=self.zone))
            if time > after:
                yield time
                after = time


def _moment(shown: datetime) -> datetime:
    """When a clock of that zone shows it first, or goes on behind it."""
    before, after = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return before if before <= after else _change_between(after, before, shown)


def _change_between(low: datetime, high: datetime, shown: datetime) -> datetime:
    """Of the clock, which is `shown` neither before nor after: to the second."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        is_behind = middle.astimezone(shown.tzinfo).replace(tzinfo=None) > shown.replace(
            tzinfo=None
        )
        low, high = (low, middle) if is_behind else (middle, high)
    return high.replace(microsecond=0)


def times_of(schedule: str, time_zone: str = "UTC") -> Times:
    """Raises InvalidArgument for what is none, or never comes, or is in no zone."""
    times = Times(_cron_of(schedule), zone(time_zone))
    if times.next(datetime.now(UTC)) is None:
        raise _invalid(schedule, "its time never comes")
    return times


def _cron_of(schedule: str) -> CronTrigger:
    fields = schedule.split()
    if len(fields) == FIELDS and DAY_NUMBER.search(fields[-1]):
        raise _invalid(schedule, "days of the week have names: mon to sun")
    try:
        return CronTrigger.from_crontab(schedule, timezone=UTC)
    except ValueError as wrong:
        raise _invalid(schedule, str(wrong)) from wrong


def _invalid(schedule: str, why: str) -> InvalidArgument:
    said = f"{schedule!r} is no schedule: {why}"
    return InvalidArgument(
        "SCHEDULE_INVALID",
        said,
        metadata={"schedule": schedule},
        violations=[FieldViolation("schedule", said)],
    )
