"""Everything that can die dies under load, and nothing acknowledged is lost or counted twice."""

import secrets
from pathlib import Path

import pytest

from tests.support.kafka import SHORT_SESSION, require_kafka
from tools.faults.chaos import Chaos
from tools.faults.load import Zeal
from tools.faults.schedule import Blow, Fault, Temper
from tools.faults.trial import (
    Ordeal,
    Setting,
    one_after_the_other,
    random_faults,
    run_trial,
)

SECONDS = 60
# Half of the usual time between faults, since there is little of it.
TEMPER = Temper(seconds_between=3, kills=0.75)
# Enough that calls are under way whenever something dies. The more of it, and the further apart,
# the longer it takes to roll it up, and to count it in the end.
ZEAL = Zeal(pause_seconds=0.2, most_items=15, months=3)
# Enough that what is counted differs, however slow the machine.
LEAST_ITEMS = 3_000
# Longer than Kafka waits for a member of a group.
PAST_THE_SESSION = 2 * float(SHORT_SESSION[1])


@pytest.fixture
def seed() -> int:
    """Another one each time; a failure prints it, and `make bench B=faults S=` replays it."""
    return secrets.randbelow(10**9)


async def test_random_faults(seed: int, tmp_path: Path) -> None:
    setting = Setting(seed, with_kafka=False, zeal=ZEAL, least_items=LEAST_ITEMS)
    await tried(setting, random_faults(seed, SECONDS, TEMPER), tmp_path)


async def test_writers_that_were_given_up_for_dead_and_random_faults(
    seed: int, tmp_path: Path
) -> None:
    """One ordeal after the other, and one judgement of both."""
    require_kafka()
    told = dict([SHORT_SESSION])
    setting = Setting(seed, with_kafka=True, told=told, zeal=ZEAL, least_items=LEAST_ITEMS)
    ordeal = one_after_the_other(zombies, random_faults(seed, SECONDS, TEMPER))
    await tried(setting, ordeal, tmp_path)


async def zombies(chaos: Chaos) -> None:
    """Each writer sleeps until the other one has what it had, and wakes up with it in hand."""
    writers = [name for name in chaos.casualties if name.startswith("writer")]
    asleep = PAST_THE_SESSION
    await chaos.rage([Fault(1 + n * asleep, w, Blow.PAUSE, asleep) for n, w in enumerate(writers)])


async def tried(setting: Setting, ordeal: Ordeal, room: Path) -> None:
    trial = await run_trial(setting, ordeal, room)
    assert trial.is_passed, f"seed {setting.seed}, evidence in {room}\n{trial.findings}"
    assert trial.kills >= 10
    assert trial.diary.acknowledged_items > 1000
    assert trial.rolled.cells > 100
