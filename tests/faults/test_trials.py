"""Everything that can die dies under load, and nothing acknowledged is lost or counted twice."""

import secrets
from pathlib import Path

import pytest

from tests.support.kafka import require_kafka
from tools.faults.chaos import Chaos
from tools.faults.schedule import Blow, Fault, Temper
from tools.faults.trial import Ordeal, Setting, Trial, random_faults, run_trial

SECONDS = 60
# Half of the usual time between faults, since there is little of it.
TEMPER = Temper(seconds_between=3, kills=0.75)
# Enough that what is counted differs, however slow the machine.
LEAST_ITEMS = 3_000
# Longer than Kafka waits for a member of a group.
PAST_THE_SESSION = 13


@pytest.fixture
def seed() -> int:
    """Another one each time; a failure prints it, and `make bench B=faults S=` replays it."""
    return secrets.randbelow(10**9)


@pytest.mark.parametrize("with_kafka", [False, True], ids=["direct", "kafka"])
async def test_random_faults(with_kafka: bool, seed: int, tmp_path: Path) -> None:
    trial = await tried(seed, with_kafka, random_faults(seed, SECONDS, TEMPER), tmp_path)
    assert trial.kills >= 10
    assert trial.diary.acknowledged_items > 1000
    assert trial.rolled.cells > 100


async def test_a_writer_that_was_given_up_for_dead_does_no_harm(seed: int, tmp_path: Path) -> None:
    async def zombies(chaos: Chaos) -> None:
        writers = [name for name in chaos.casualties if name.startswith("writer")]
        await chaos.rage(
            [
                Fault(1 + n * PAST_THE_SESSION, w, Blow.PAUSE, PAST_THE_SESSION)
                for n, w in enumerate(writers)
            ]
        )

    trial = await tried(seed, True, zombies, tmp_path)
    assert trial.diary.acknowledged_items > 1000


async def tried(seed: int, with_kafka: bool, ordeal: Ordeal, room: Path) -> Trial:
    if with_kafka:
        require_kafka()
    trial = await run_trial(Setting(seed, with_kafka, least_items=LEAST_ITEMS), ordeal, room)
    assert trial.is_passed, f"seed {seed}, evidence in {room}\n{trial.findings}"
    return trial
