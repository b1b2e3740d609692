"""Local times of a zone as instants, and what whole days came before one. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
QUARTER = 3


class Period(StrEnum):
    """Whole days that are over."""

    DAY = "last_day"
    WEEK = "last_week"
    MONTH = "last_month"
    QUARTER = "last_quarter"
    DAYS = "last_days"


def instant(day: date, local: time, zone: ZoneInfo) -> datetime:
    """In UTC. If clocks leave the time out, the first instant after the gap; of two, the first."""
    wall = datetime.combine(day, local)
    earlier, later = (_instant(wall, zone, fold) for fold in (0, 1))
    if earlier <= later:
        return earlier
    # In a gap the two offsets change places: the gap's end lies between the two instants.
    return _change_between(later, earlier, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """At which a local day begins."""
    return instant(day, time(), zone)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The local day that a moment lies in."""
    return moment.astimezone(zone).date()


def period_before(
    moment: datetime, zone: ZoneInfo, period: Period, days: int = 0
) -> tuple[datetime, datetime]:
    """The period that was over last at a moment: its first instant, and the first one after it."""
    today = local_day(moment, zone)
    first, last = _days_before(today, period, days)
    return midnight(first, zone), midnight(last, zone)


def _days_before(today: date, period: Period, days: int) -> tuple[date, date]:
    match period:
        case Period.DAY:
            return today - timedelta(days=1), today
        case Period.DAYS:
            return today - timedelta(days=days), today
        case Period.WEEK:
            monday = today - timedelta(days=today.weekday())
            return monday - timedelta(days=7), monday
        case Period.MONTH:
            return _month_before(today.replace(day=1), 1), today.replace(day=1)
        case Period.QUARTER:
            month = (today.month - 1) // QUARTER * QUARTER + 1
            start = date(today.year, month, 1)
            return _month_before(start, QUARTER), start


def _month_before(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _instant(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which the clock goes another way than at the first of two instants."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2 // SECOND * SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
