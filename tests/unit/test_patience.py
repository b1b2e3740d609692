"""Who waits for what is away tries ever less often, and does not fill the log."""

import asyncio
import time
from typing import Any

import pytest

from services.runtime.patience import FIRST_SECONDS, MOST_SECONDS, TOLD_SECONDS, Patience


class Lines:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def warning(self, event: str, *, error: str, tries: int) -> None:
        assert event == "away"
        self.told.append((error, tries))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is slept; and the time goes on by that alone."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: 1000 + sum(slept))
    return slept


async def failing(patience: Patience, times: int, error: Any) -> None:
    for _ in range(times):
        await patience.wait(error)


async def test_tries_come_further_apart_up_to_a_bound(clock: list[float]) -> None:
    await failing(Patience(Lines(), "away"), 40, OSError("refused"))
    assert clock[0] <= FIRST_SECONDS
    assert all(MOST_SECONDS / 2 <= one <= MOST_SECONDS for one in clock[4:])


async def test_the_log_says_why_at_once_and_then_seldom(clock: list[float]) -> None:
    log = Lines()
    await failing(Patience(log, "away"), 60, OSError("refused"))
    assert log.told[0] == (repr(OSError("refused")), 1)
    assert 2 <= len(log.told) <= 2 + sum(clock) / TOLD_SECONDS


async def test_another_reason_is_told_at_once(clock: list[float]) -> None:
    log, patience = Lines(), Patience(Lines(), "away")
    patience = Patience(log, "away")
    await failing(patience, 3, OSError("refused"))
    await failing(patience, 3, OSError("starting up"))
    assert [error for error, _ in log.told] == [
        repr(OSError("refused")),
        repr(OSError("starting up")),
    ]


async def test_after_a_success_it_begins_anew(clock: list[float]) -> None:
    log = Lines()
    patience = Patience(log, "away")
    await failing(patience, 10, OSError("refused"))
    patience.is_rewarded()
    await patience.wait(OSError("refused"))
    assert clock[-1] <= FIRST_SECONDS
    assert log.told[-1][1] == 1
