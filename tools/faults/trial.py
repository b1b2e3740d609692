"""One trial: load under faults, then quiet, then the judgement."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.faults.chaos import Casualty, Chaos, Say
from tools.faults.diary import Diary, opened_diary
from tools.faults.draining import until_drained
from tools.faults.load import Load
from tools.faults.oracle import Judgement, Oracle
from tools.faults.schedule import Temper, schedule
from tools.faults.system import WORKSPACES, System, running_system

# From the last fault to the last answer, and from there until everything is written.
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Plan:
    """What is tried, and for how long. The seed decides about the rest."""

    seed: int
    seconds: float
    with_kafka: bool
    temper: Temper = field(default_factory=Temper)


@dataclass(frozen=True)
class Trial:
    """What befell whom, what producers know, and what is true."""

    casualties: Mapping[str, Casualty]
    diary: Diary
    judgement: Judgement

    @property
    def kills(self) -> int:
        return sum(one.kills for one in self.casualties.values())

    @property
    def is_passed(self) -> bool:
        return self.judgement.is_clean and not self.diary.surprises


async def run_trial(plan: Plan, room: Path, say: Say = lambda _: None) -> Trial:
    """Raises NotReadyError and TimeoutError when the system does not come to itself."""
    with running_system(room, with_kafka=plan.with_kafka) as system, opened_diary(room) as diary:
        chaos = Chaos.among(system.victims, say)
        async with chaos.kept_alive():
            await _rage_under_load(plan, system, diary, chaos)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await until_drained(system)
        judgement = await asyncio.to_thread(Oracle(system.database_url, diary).judge)
    return Trial(chaos.casualties, diary, judgement)


async def _rage_under_load(plan: Plan, system: System, diary: Diary, chaos: Chaos) -> None:
    load = Load(system.ingest_addresses, system.token, diary, plan.seed, WORKSPACES)
    faults = schedule(plan.seed, plan.seconds, list(chaos.casualties), plan.temper)
    async with asyncio.TaskGroup() as group:
        loading = group.create_task(load.run())
        await chaos.rage(faults)
        load.stopped.set()
        await asyncio.wait_for(loading, PATIENCE_SECONDS)
