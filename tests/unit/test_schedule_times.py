"""When jobs' times come, beside a second reading of cron that goes from minute to minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.jobs import JOBS
from scheduler.times import times_of
from services.runtime.faults import InvalidArgument

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
patient = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

TIMES = st.datetimes(
    datetime(2027, 12, 25),  # noqa: DTZ001 - hypothesis wants the zone apart
    datetime(2028, 3, 8),  # noqa: DTZ001
    timezones=st.just(UTC),
)
MINUTES = st.sampled_from(["*", "*/15", "0", "5", "59", "7,33"])
HOURS = st.sampled_from(["*", "*/6", "0", "1", "23"])
MONTH_DAYS = st.sampled_from(["*", "1", "29", "31"])
WEEKDAYS = st.sampled_from(["*", "mon", "sun", "tue,sat"])
SCHEDULES = st.builds("{} {} {} * {}".format, MINUTES, HOURS, MONTH_DAYS, WEEKDAYS)


def comes(schedule: str, time: datetime) -> bool:
    minute, hour, day, _, weekday = schedule.split()
    return (
        fits(minute, time.minute)
        and fits(hour, time.hour)
        and fits(day, time.day)
        and (weekday == "*" or DAYS[time.weekday()] in weekday.split(","))
    )


def fits(field: str, value: int) -> bool:
    if field.startswith("*"):
        return value % int(field.partition("/")[2] or 1) == 0
    return value in map(int, field.split(","))


def minutes_between(after: datetime, until: datetime) -> list[datetime]:
    first = after.replace(second=0, microsecond=0) + MINUTE
    if after == after.replace(second=0, microsecond=0):
        first = after + MINUTE
    return [first + n * MINUTE for n in range(max(0, (until - first) // MINUTE + 1))]


@patient
@given(SCHEDULES, TIMES, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_the_last_time_is_found_however_long_ago(
    schedule: str, after: datetime, span: timedelta
) -> None:
    until = after + span
    expected = [time for time in minutes_between(after, until) if comes(schedule, time)]
    assert times_of(schedule).last(after, until) == (expected[-1] if expected else None)


@patient
@given(SCHEDULES, TIMES)
def test_the_next_time_is_the_first_one_after(schedule: str, after: datetime) -> None:
    found = times_of(schedule).next(after)
    assert found is not None
    assert found > after
    assert comes(schedule, found)
    near = min(found, after + timedelta(days=3))
    assert not [t for t in minutes_between(after, near) if t < found and comes(schedule, t)]


def test_a_leap_day_is_found_years_later() -> None:
    after, until = datetime(2028, 3, 1, tzinfo=UTC), datetime(2032, 2, 28, 23, tzinfo=UTC)
    leap = times_of("30 4 29 2 *")
    assert leap.last(after, until) is None
    assert leap.next(after) == datetime(2032, 2, 29, 4, 30, tzinfo=UTC)
    assert leap.last(after, until + timedelta(days=900)) == leap.next(after)


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "* * * * * *", "60 * * * *", "x * * * *", "0 0 30 2 *", "0 0 * * 1", "@daily"],
)
def test_what_is_no_schedule_or_never_comes_is_refused(schedule: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        times_of(schedule)
    assert refused.value.reason == "SCHEDULE_INVALID"
    assert refused.value.metadata == {"schedule": schedule}
    assert [one.field for one in refused.value.violations] == ["schedule"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../UTC", "/etc/passwd", "Europe", "x\0y"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        times_of("0 1 * * *", zone)
    assert [one.field for one in refused.value.violations] == ["time_zone"]


def test_every_job_has_a_schedule_that_comes_within_a_week() -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    for name, job in JOBS.items():
        assert name == job.name
        found = times_of(job.schedule, job.time_zone).next(now)
        assert found is not None
        assert found - now <= timedelta(days=7)


SPRING = ("Europe/Berlin", datetime(2027, 3, 27, 20, tzinfo=UTC))
AUTUMN = ("Europe/Berlin", datetime(2027, 10, 30, 20, tzinfo=UTC))
HALF_AN_HOUR = ("Australia/Lord_Howe", datetime(2027, 4, 3, 10, tzinfo=UTC))
HALF_AN_HOUR_LESS = ("Australia/Lord_Howe", datetime(2027, 10, 2, 10, tzinfo=UTC))
AT_MIDNIGHT = ("America/Santiago", datetime(2027, 9, 4, 20, tzinfo=UTC))
A_DAY_LESS = ("Pacific/Apia", datetime(2011, 12, 29, 20, tzinfo=UTC))
OF_A_NIGHT = st.builds(
    "{} {} * * *".format,
    st.sampled_from(["*", "*/15", "0", "30", "59"]),
    st.sampled_from(["*", "0", "1", "2", "3", "1,2"]),
)


@patient
@given(
    OF_A_NIGHT,
    st.sampled_from(
        [SPRING, AUTUMN, HALF_AN_HOUR, HALF_AN_HOUR_LESS, AT_MIDNIGHT, A_DAY_LESS],
    ),
    st.timedeltas(timedelta(0), timedelta(hours=30)),
)
def test_each_time_of_a_clock_that_is_changed_comes_once(
    schedule: str, night: tuple[str, datetime], ago: timedelta
) -> None:
    """Beside going from minute to minute, through all that the clock shows or should have shown."""
    zone, start = night
    until = start + timedelta(hours=36)
    expected = [time for time in comes_on(zone, schedule, start, until) if time > start]
    times, found, time = times_of(schedule, zone), [], start
    while (time := times.next(time) or until) <= until:
        found.append(time)
    assert found == expected
    passed = [one for one in expected if one <= until - ago]
    assert times.last(start, until - ago) == (passed[-1] if passed else None)


def comes_on(zone: str, schedule: str, start: datetime, until: datetime) -> list[datetime]:
    """Those moments in which the clock shows a time for the first time, or passes one over."""
    found, latest = [], shown(start - timedelta(days=1), zone)
    for time in minutes_between(start - timedelta(days=1), until):
        now = shown(time, zone)
        if any(comes(schedule, one) for one in minutes_between(latest, now)):
            found.append(time)
        latest = max(latest, now)
    return found


def shown(time: datetime, zone: str) -> datetime:
    """As if it were UTC, so that it can be counted on."""
    return time.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
