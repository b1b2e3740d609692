"""When a leader wakes for a job: at its time or a moment after, never before."""

from datetime import UTC, datetime, timedelta

from scheduler.leading import JITTER_SECONDS, Waking
from scheduler.times import times_of

NOW = datetime(2027, 3, 27, 22, 0, 0, 1, tzinfo=UTC)


def test_it_wakes_within_moments_of_a_time_and_never_before() -> None:
    waking, time = (
        Waking(times_of("30 2 * * *", "Europe/Berlin")),
        datetime(2027, 3, 28, 1, tzinfo=UTC),
    )
    late = [waking.get_next_fire_time(None, NOW) or NOW for _ in range(200)]
    assert min(late) >= time
    assert max(late) <= time + timedelta(seconds=JITTER_SECONDS)
    assert len(set(late)) > 100


def test_of_what_passed_while_it_slept_it_wakes_for_the_next_only() -> None:
    waking, before = Waking(times_of("* * * * *")), NOW - timedelta(days=3)
    found = waking.get_next_fire_time(before, NOW)
    assert found is not None
    assert NOW < found <= NOW + timedelta(seconds=60 + JITTER_SECONDS)
