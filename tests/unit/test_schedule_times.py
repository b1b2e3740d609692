"""When jobs' times come, beside a second reading of cron that goes from minute to minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.jobs import JOBS
from scheduler.times import last_time, next_time, trigger_of
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
    assert last_time(trigger_of(schedule), after, until) == (expected[-1] if expected else None)


@patient
@given(SCHEDULES, TIMES)
def test_the_next_time_is_the_first_one_after(schedule: str, after: datetime) -> None:
    found = next_time(trigger_of(schedule), after)
    assert found is not None
    assert found > after
    assert comes(schedule, found)
    near = min(found, after + timedelta(days=3))
    assert not [t for t in minutes_between(after, near) if t < found and comes(schedule, t)]


def test_a_leap_day_is_found_years_later() -> None:
    after, until = datetime(2028, 3, 1, tzinfo=UTC), datetime(2032, 2, 28, 23, tzinfo=UTC)
    leap = trigger_of("30 4 29 2 *")
    assert last_time(leap, after, until) is None
    assert next_time(leap, after) == datetime(2032, 2, 29, 4, 30, tzinfo=UTC)
    assert last_time(leap, after, until + timedelta(days=900)) == next_time(leap, after)


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "* * * * * *", "60 * * * *", "x * * * *", "0 0 30 2 *", "0 0 * * 1", "@daily"],
)
def test_what_is_no_schedule_or_never_comes_is_refused(schedule: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        trigger_of(schedule)
    assert refused.value.reason == "SCHEDULE_INVALID"
    assert refused.value.metadata == {"schedule": schedule}


def test_every_job_has_a_schedule_that_comes_within_a_week() -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    for name, job in JOBS.items():
        assert name == job.name
        found = next_time(trigger_of(job.schedule), now)
        assert found is not None
        assert found - now <= timedelta(days=7)
