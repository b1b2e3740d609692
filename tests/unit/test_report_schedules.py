"""When reports are due, and about which days, beside a calendar that looks at every minute."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reports.calendar import Period, period_before
from services.reports.schedules import Frequency, Schedule, last_due

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")
# With a leap day, and both changes of clocks in both zones.
START, END = datetime(2027, 12, 20, tzinfo=UTC), datetime(2029, 1, 10, tzinfo=UTC)


@cache
def minutes(zone: ZoneInfo) -> dict[date, list[tuple[time, datetime]]]:
    """Of each local day: what its clock shows, and when, minute by minute."""
    days: dict[date, list[tuple[time, datetime]]] = {}
    moment = START
    while moment < END:
        shown = moment.astimezone(zone)
        days.setdefault(shown.date(), []).append((shown.time(), moment))
        moment += MINUTE
    return days


def first_shown(zone: ZoneInfo, day: date, wanted: time) -> datetime:
    """When a clock first shows a time of the day, or one that is later."""
    return min(moment for shown, moment in minutes(zone)[day] if shown >= wanted)


def is_due_on(schedule: Schedule, day: date) -> bool:
    last = monthrange(day.year, day.month)[1]
    is_the_day = day.day == min(schedule.day_of_month, last)
    match schedule.frequency:
        case Frequency.DAILY:
            return True
        case Frequency.WEEKLY:
            return day.isoweekday() == schedule.weekday
        case Frequency.MONTHLY:
            return is_the_day
        case Frequency.QUARTERLY:
            return is_the_day and (day.month - 1) % 3 + 1 == schedule.month_of_quarter


def by_every_minute(schedule: Schedule) -> list[datetime]:
    days = sorted(minutes(schedule.zone))[2:-2]
    return [
        first_shown(schedule.zone, day, schedule.local_time)
        for day in days
        if is_due_on(schedule, day)
    ]


SCHEDULES = st.builds(
    Schedule,
    frequency=st.sampled_from(Frequency),
    # Half of them in the hours in which clocks change.
    local_time=st.one_of(
        st.builds(time, st.integers(0, 3), st.sampled_from([0, 1, 30, 59])),
        st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    ),
    zone=st.sampled_from([BERLIN, NEW_YORK]),
    weekday=st.integers(1, 7),
    day_of_month=st.integers(1, 31),
    month_of_quarter=st.integers(1, 3),
)


@settings(max_examples=60, deadline=None)
@given(SCHEDULES)
def test_a_year_of_due_times_is_what_every_minute_of_it_shows(schedule: Schedule) -> None:
    wanted = by_every_minute(schedule)
    after = schedule.after(wanted[0] - MINUTE)
    assert list(takewhile(lambda due: due <= wanted[-1], after)) == wanted


@settings(max_examples=40, deadline=None)
@given(SCHEDULES, st.integers(0, 300 * 24 * 60), st.integers(0, 60 * 24 * 60))
def test_the_last_of_those_that_passed_is_due_and_the_others_are_missed(
    schedule: Schedule, since: int, length: int
) -> None:
    start = START + 5 * DAY + since * MINUTE
    end = start + length * MINUTE
    passed = [due for due in by_every_minute(schedule) if start <= due <= end]
    last, missed, following = last_due(schedule, start, end)
    assert last == (passed[-1] if passed else None)
    assert missed == max(len(passed) - 1, 0)
    assert following == next(schedule.after(end))


def test_clocks_that_change() -> None:
    daily = Schedule(Frequency.DAILY, time(2, 30), BERLIN)
    # 02:00 to 03:00 is left out: the first instant after it. And it comes twice: the first.
    assert daily.next(datetime(2028, 3, 25, 12, tzinfo=UTC)) == datetime(2028, 3, 26, 1, tzinfo=UTC)
    autumn = daily.after(datetime(2028, 10, 28, 12, tzinfo=UTC))
    assert [next(autumn), next(autumn)] == [
        datetime(2028, 10, 29, 0, 30, tzinfo=UTC),
        datetime(2028, 10, 30, 1, 30, tzinfo=UTC),
    ]


def test_a_day_that_there_never_was_is_due_once() -> None:
    """Samoa had no 30 December 2011."""
    midnights = Schedule(Frequency.DAILY, time(0, 0), APIA).after(
        datetime(2011, 12, 29, tzinfo=UTC)
    )
    local = [next(midnights).astimezone(APIA).date() for _ in range(3)]
    assert local == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


def test_the_last_day_of_months_that_are_shorter() -> None:
    monthly = Schedule(Frequency.MONTHLY, time(9), UTC_ZONE, day_of_month=31)
    due = monthly.after(datetime(2028, 1, 1, tzinfo=UTC))
    assert [next(due).date().isoformat() for _ in range(4)] == [
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
        "2028-04-30",
    ]


UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("period", "days", "first", "end"),
    [
        (Period.DAY, 0, "2028-03-26", "2028-03-27"),
        (Period.WEEK, 0, "2028-03-20", "2028-03-27"),
        (Period.MONTH, 0, "2028-02-01", "2028-03-01"),
        (Period.QUARTER, 0, "2027-10-01", "2028-01-01"),
        (Period.DAYS, 30, "2028-02-26", "2028-03-27"),
    ],
)
def test_periods_are_whole_local_days(period: Period, days: int, first: str, end: str) -> None:
    moment = datetime(2028, 3, 27, 5, 30, tzinfo=BERLIN)
    start, stop = period_before(moment, BERLIN, period, days)
    wanted = [datetime.fromisoformat(day).replace(tzinfo=BERLIN) for day in (first, end)]
    assert [start, stop] == wanted
    # The day on which clocks went forward has 23 hours.
    if period is Period.DAY:
        assert stop - start == timedelta(hours=23)
