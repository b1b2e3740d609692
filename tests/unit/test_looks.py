"""From looks at ends, by when what is written was acknowledged: never later than is true."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from aiokafka import TopicPartition

from services.ingest.writer.looks import MOST_LOOKS, Look, Looks

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)
PARTITION, OTHER = TopicPartition("log", 0), TopicPartition("log", 1)


def second(number: float) -> datetime:
    return BEGIN + timedelta(seconds=number)


class Log:
    """Entry by entry when it was acknowledged, and up to where it is written."""

    def __init__(self) -> None:
        self.times: list[datetime] = []
        self.position = 0

    def is_missing_by(self, moment: datetime) -> bool:
        return any(time <= moment for time in self.times[self.position :])


@pytest.mark.parametrize("seed", range(20))
def test_nothing_that_waits_was_acknowledged_by_then(seed: int) -> None:
    chance, log, looks = Random(seed), Log(), Looks()
    told: list[datetime] = []
    for step in range(2_000):
        action = chance.choice(["append", "append", "look", "write"])
        if action == "append":
            log.times.append(second(step))
        elif action == "look":
            # What is appended between the moment and the look makes it no less true.
            moment = second(step - chance.random())
            looks.add(PARTITION, log.position, Look(moment, len(log.times)))
        else:
            log.position = chance.randint(log.position, len(log.times))
        until = looks.complete_until(PARTITION, log.position)
        if until is not None:
            assert not log.is_missing_by(until)
            told.append(until)
    assert told == sorted(told)
    assert len(set(told)) > 100


def test_who_is_far_behind_is_told_how_far_by_few_looks() -> None:
    looks, wanted = Looks(), 10_000
    for number in range(1, wanted + 1):
        looks.add(PARTITION, 0, Look(second(number), number))
    found = [looks.complete_until(PARTITION, position) for position in range(wanted + 1)]
    steps = sorted({until for until in found if until is not None})
    assert MOST_LOOKS // 2 <= len(steps) <= MOST_LOOKS
    assert (found[0], found[1], found[-1]) == (None, second(1), second(wanted))


def test_nobody_has_looked_at_another_partition() -> None:
    looks = Looks()
    looks.add(PARTITION, 0, Look(BEGIN, 0))
    assert looks.complete_until(PARTITION, 0) == BEGIN
    assert looks.complete_until(OTHER, 0) is None


def test_a_log_that_ends_before_what_is_written_is_another_one() -> None:
    looks = Looks()
    looks.add(PARTITION, 5, Look(BEGIN, 9))
    looks.add(PARTITION, 5, Look(second(1), 4))
    assert looks.complete_until(PARTITION, 100) is None
