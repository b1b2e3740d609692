"""Processes die between two steps that must hold together: at each of the places, one by one."""

from collections.abc import Sequence
from pathlib import Path

from tests.support.kafka import require_kafka
from tools.faults.trial import Setting, deaths_of_their_own, run_trial

STEPS = ("record.rows", "record.position", "record.commit", "record.committed")


async def test_ingest_dies_between_its_steps(tmp_path: Path) -> None:
    await dying_at(STEPS, "ingest", with_kafka=False, room=tmp_path)


async def test_the_writer_dies_between_its_steps(tmp_path: Path) -> None:
    require_kafka()
    await dying_at(STEPS, "writer", with_kafka=True, room=tmp_path)


async def test_ingest_dies_before_it_acknowledges_what_the_log_has(tmp_path: Path) -> None:
    require_kafka()
    await dying_at(("log.appended", "log.appended"), "ingest", with_kafka=True, room=tmp_path)


async def dying_at(steps: Sequence[str], who: str, *, with_kafka: bool, room: Path) -> None:
    """Not at the first time, so that each life gets something done."""
    lives = [{"SHADOWER_FAILPOINTS": f"{step}=kill@3"} for step in steps]
    ordeal = deaths_of_their_own(who, len(steps))
    trial = await run_trial(Setting(1, with_kafka, lives), ordeal, room)
    assert trial.is_passed, f"evidence in {room}\n{trial.findings}"
    assert trial.diary.acknowledged_items > 0
