"""Past days filled with runs.

What an hour holds depends on the seed and the hour alone, so filling the same days again
records the same facts, which then count as duplicates.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from cli.simulate.records import Record, as_complete, credit_events, failure, login, queue_depths
from cli.simulate.runs import Run, draw_run
from cli.simulate.world import busyness

MOST_RUNS = 2000
MOST_RUNS_A_DAY = 280
HOUR = timedelta(hours=1)
POINTS_EVERY = timedelta(minutes=10)
LOGIN_SHARE = 0.15


def past_records(seed: int, now: datetime, length: timedelta) -> Iterator[Record]:
    """Facts of the days up to now, hour by hour."""
    runs_an_hour = min(MOST_RUNS_A_DAY, MOST_RUNS / (length / timedelta(days=1))) / 24
    first = (now - length).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for number in range(int((now - first) / HOUR) + 1):
        hour = first + number * HOUR
        yield from _hour(seed, hour, now, runs_an_hour)


def _hour(seed: int, hour: datetime, now: datetime, runs_an_hour: float) -> Iterator[Record]:
    random = Random(f"{seed}/{hour.timestamp():.0f}")  # noqa: S311 - nothing secret is drawn
    for run in _runs(random, seed, hour, runs_an_hour * busyness(hour)):
        if run.late_at <= now:
            yield from _about(random, run)
    for number in range(int(HOUR / POINTS_EVERY)):
        at = hour + number * POINTS_EVERY
        points = queue_depths(random, at)
        if at <= now:
            yield from points


def _runs(random: Random, seed: int, hour: datetime, expected: float) -> list[Run]:
    count = int(expected) + (random.random() < expected % 1)
    return [
        draw_run(
            random,
            f"past-{seed}-{hour.timestamp():.0f}-{number}",
            hour + random.random() * HOUR,
            seed,
        )
        for number in range(count)
    ]


def _about(random: Random, run: Run) -> Iterator[Record]:
    yield as_complete(run)
    yield from credit_events(run)
    if run.error_message:
        yield failure(run)
    if random.random() < LOGIN_SHARE:
        yield login(run)
