"""Buckets against calendars worked out by hand, and against what must hold of any."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.faults import InvalidArgument
from services.warehouse.queries.buckets import MAX_BUCKETS, Granularity, cut
from services.warehouse.queries.interval import Interval

BERLIN = ZoneInfo("Europe/Berlin")
# hypothesis takes its bounds without a zone and adds UTC.
FIRST, LAST = datetime(2000, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Havana", "Australia/Lord_Howe"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def hours(interval: Interval) -> float:
    return interval.length / timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "length"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)]
)
def test_a_day_of_a_clock_change_has_the_hours_that_it_has(day: str, length: int) -> None:
    noon = at(f"{day}T12:00:00+02:00")
    buckets = cut(Interval(noon, noon + timedelta(minutes=1)), Granularity.DAY, BERLIN)
    assert len(buckets.starts) == 1
    assert hours(buckets[1]) == length


def test_hours_of_a_half_hour_zone_begin_at_half_hours() -> None:
    interval = Interval(at("2026-01-01T10:10:00+00:00"), at("2026-01-01T11:40:00+00:00"))
    buckets = cut(interval, Granularity.HOUR, ZoneInfo("Asia/Kolkata"))
    assert [start.isoformat()[11:16] for start in buckets.starts] == ["09:30", "10:30", "11:30"]


def test_weeks_begin_on_mondays_and_months_on_their_first() -> None:
    interval = Interval(at("2026-02-27T00:00:00+00:00"), at("2026-03-03T00:00:00+00:00"))
    weeks = cut(interval, Granularity.WEEK, ZoneInfo("UTC"))
    months = cut(interval, Granularity.MONTH, ZoneInfo("UTC"))
    assert [start.date().isoformat() for start in weeks.starts] == ["2026-02-23", "2026-03-02"]
    assert [start.date().isoformat() for start in months.starts] == ["2026-02-01", "2026-03-01"]


def test_a_midnight_that_comes_twice_begins_one_day() -> None:
    """Havana sets its clocks from 1:00 back to 0:00."""
    interval = Interval(at("2026-10-31T12:00:00+00:00"), at("2026-11-02T12:00:00+00:00"))
    days = cut(interval, Granularity.DAY, ZoneInfo("America/Havana"))
    assert [hours(days[number]) for number in range(1, len(days.starts) + 1)] == [24, 25, 24]


def test_a_million_minutes_are_too_many() -> None:
    start = at("2024-01-01T00:00:00+00:00")
    with pytest.raises(InvalidArgument) as refused:
        cut(Interval(start, start + timedelta(days=700)), Granularity.MINUTE, ZoneInfo("UTC"))
    assert refused.value.reason == "RESULT_TOO_LARGE"
    longest = timedelta(minutes=MAX_BUCKETS)
    buckets = cut(Interval(start, start + longest), Granularity.MINUTE, ZoneInfo("UTC"))
    assert len(buckets.starts) == MAX_BUCKETS


@given(
    st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
    st.timedeltas(timedelta(microseconds=1), timedelta(days=40)),
    st.sampled_from([Granularity.HOUR, Granularity.DAY, Granularity.WEEK, Granularity.MONTH]),
    st.sampled_from(ZONES),
)
def test_buckets_cover_an_interval_without_gap_or_overlap(
    start: datetime, length: timedelta, granularity: Granularity, zone: str
) -> None:
    interval = Interval(start, start + length)
    buckets = cut(interval, granularity, ZoneInfo(zone))
    starts = buckets.starts
    assert starts[0] <= interval.start < (starts[1] if len(starts) > 1 else buckets.end)
    assert starts[-1] < interval.end <= buckets.end
    assert all(earlier < later for earlier, later in pairwise(starts))
    if granularity is not Granularity.HOUR:
        local = [moment.astimezone(ZoneInfo(zone)) for moment in starts]
        assert all((moment.hour, moment.minute) == (0, 0) or moment.hour == 1 for moment in local)
