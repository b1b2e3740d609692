"""Processes die between two steps that must hold together: at each of the places, one by one."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.kafka import SHORT_SESSION, require_kafka
from tools.faults.load import Zeal
from tools.faults.trial import Setting, deaths_of_their_own, run_trial

# Enough for each step to be taken again and again. The more of it, and the further apart, the
# longer it takes to roll it up, and to count it in the end.
ZEAL = Zeal(pause_seconds=0.2, most_items=15, months=3)
# It is not rolling that is tried here, which takes as much of a processor as all else together.
REST_SECONDS = 5
STEPS = ("record.rows", "record.position", "record.commit", "record.committed")
# Steps of ingestion where there is a log, in the same lives in which writers die at theirs.
APPENDED = ("log.appended", "log.appended")


async def test_ingest_dies_between_its_steps(tmp_path: Path) -> None:
    lives = [dying_at(step) for step in STEPS]
    setting = Setting(1, with_kafka=False, lives=lives, zeal=ZEAL, rest_seconds=REST_SECONDS)
    await tried(setting, {"ingest": len(STEPS)}, tmp_path)


async def test_writers_die_between_their_steps_and_ingest_before_it_acknowledges(
    tmp_path: Path,
) -> None:
    """Neither reaches the other's places, so that each process has its own deaths."""
    require_kafka()
    appended = [*APPENDED, *([None] * (len(STEPS) - len(APPENDED)))]
    lives = [dying_at(step, other) for step, other in zip(STEPS, appended, strict=True)]
    told = dict([SHORT_SESSION])
    setting = Setting(
        1, with_kafka=True, told=told, lives=lives, zeal=ZEAL, rest_seconds=REST_SECONDS
    )
    await tried(setting, {"writer": len(STEPS), "ingest": len(APPENDED)}, tmp_path)


def dying_at(*steps: str | None) -> dict[str, str]:
    """Not at the first time, so that each life gets something done."""
    return {"SHADOWER_FAILPOINTS": ",".join(f"{step}=kill@3" for step in steps if step)}


async def tried(setting: Setting, deaths: Mapping[str, int], room: Path) -> None:
    trial = await run_trial(setting, deaths_of_their_own(deaths), room)
    assert trial.is_passed, f"evidence in {room}\n{trial.findings}"
    assert trial.diary.acknowledged_items > 0
