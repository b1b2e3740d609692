"""When a job's time comes, by five fields of cron, in UTC."""

import re
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.cron import CronTrigger

from services.runtime.faults import InvalidArgument

# APScheduler takes 0 for Monday, and cron for Sunday: a number would mean either.
DAY_NUMBER = re.compile("[0-9]")
FIELDS = 5
LOOKED_BACK = tuple(
    timedelta(hours=hours) for hours in (1, 25, 24 * 8, 24 * 32, 24 * 367, 24 * 367 * 9)
)
"""Steps: of what is done often, few times are looked at; and what is done seldom is found."""


def trigger_of(schedule: str) -> CronTrigger:
    """Raises InvalidArgument for what is none, or never comes."""
    fields = schedule.split()
    if len(fields) == FIELDS and DAY_NUMBER.search(fields[-1]):
        raise _invalid(schedule, "days of the week have names: mon to sun")
    try:
        trigger = CronTrigger.from_crontab(schedule, timezone=UTC)
    except ValueError as wrong:
        raise _invalid(schedule, str(wrong)) from wrong
    if next_time(trigger, datetime.now(UTC)) is None:
        raise _invalid(schedule, "its time never comes")
    return trigger


def next_time(trigger: CronTrigger, after: datetime) -> datetime | None:
    """The first one after a time."""
    time: datetime | None = trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
    return time


def last_time(trigger: CronTrigger, after: datetime, until: datetime) -> datetime | None:
    """The last one after a time, and not after another."""
    for step in LOOKED_BACK:
        start = max(after, until - step)
        found = _last_from(trigger, start, until)
        if found is not None or start == after:
            return found
    return None


def _last_from(trigger: CronTrigger, start: datetime, until: datetime) -> datetime | None:
    found, time = None, next_time(trigger, start)
    while time is not None and time <= until:
        found, time = time, next_time(trigger, time)
    return found


def _invalid(schedule: str, why: str) -> InvalidArgument:
    return InvalidArgument(
        "SCHEDULE_INVALID",
        f"{schedule!r} is no schedule: {why}",
        metadata={"schedule": schedule},
    )
