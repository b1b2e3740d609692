"""One trial: load during an ordeal, then quiet, then the judgement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.faults.chaos import Casualty, Chaos, Say
from tools.faults.diary import Diary, opened_diary
from tools.faults.draining import until_drained
from tools.faults.load import Load, Zeal
from tools.faults.oracle import Judgement, Oracle
from tools.faults.rolling import Rolled, Rolling
from tools.faults.schedule import Temper, schedule
from tools.faults.system import WORKSPACES, System, running_system

# From the end of the ordeal to the last answer, and from there until all is written and told.
PATIENCE_SECONDS = 120

Ordeal = Callable[[Chaos], Awaitable[None]]


@dataclass(frozen=True)
class Setting:
    """What is tried. The seed decides what producers send."""

    seed: int
    with_kafka: bool
    # What services are told in addition; and in their first life, their second, and so on.
    told: Mapping[str, str] = field(default_factory=dict)
    lives: Sequence[Mapping[str, str]] = ()
    zeal: Zeal = field(default_factory=Zeal)
    # How long it is rolled up no further in between.
    rest_seconds: float = 1
    # Producers go on until so much is acknowledged, if the ordeal left them no time for it.
    least_items: int = 0


@dataclass(frozen=True)
class Trial:
    """What befell whom, what producers know, and what is true."""

    casualties: Mapping[str, Casualty]
    diary: Diary
    judgement: Judgement
    rolled: Rolled

    @property
    def kills(self) -> int:
        return sum(one.kills for one in self.casualties.values())

    @property
    def pauses(self) -> int:
        return sum(one.pauses for one in self.casualties.values())

    @property
    def is_passed(self) -> bool:
        return self.judgement.is_clean and not self.diary.surprises and not self.rolled.wrong

    @property
    def findings(self) -> str:
        return "\n".join([str(self.judgement), *self.diary.surprises[:5], *self.rolled.wrong[:5]])


def random_faults(seed: int, seconds: float, temper: Temper) -> Ordeal:
    """Everybody may be struck."""

    async def ordeal(chaos: Chaos) -> None:
        await chaos.rage(schedule(seed, seconds, list(chaos.casualties), temper))

    return ordeal


def deaths_of_their_own(counts: Mapping[str, int]) -> Ordeal:
    """Lasts until each victim whose name begins so has died that often by itself."""

    async def ordeal(chaos: Chaos) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(
                *(one.died(n) for name, n in counts.items() for one in chaos.those_called(name))
            )

    return ordeal


def one_after_the_other(*ordeals: Ordeal) -> Ordeal:
    async def ordeal(chaos: Chaos) -> None:
        for one in ordeals:
            await one(chaos)

    return ordeal


async def run_trial(
    setting: Setting, ordeal: Ordeal, room: Path, say: Say = lambda _: None
) -> Trial:
    """Raises NotReadyError and TimeoutError when the system does not come to itself."""
    with running_system(room, setting.with_kafka, setting.told, setting.lives) as system:
        with opened_diary(room) as diary:
            chaos = Chaos.among(system.victims, say)
            async with chaos.kept_alive():
                await _load_during(ordeal(chaos), setting, system, diary)
                await _come_to_rest(chaos, system)
                rolled = await _rolling(system, setting.rest_seconds).prove()
        oracle = Oracle(system.database_url, diary, system.subscribers)
        judgement = await asyncio.to_thread(oracle.judge)
        return Trial(chaos.casualties, diary, judgement, rolled)


async def _come_to_rest(chaos: Chaos, system: System) -> None:
    """What producers gave up may still be on its way through ingest, so that one ends first."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(one.retire() for one in chaos.those_called("ingest")))
        await until_drained(system)


async def _load_during(
    ordeal: Awaitable[None], setting: Setting, system: System, diary: Diary
) -> None:
    load = Load(
        system.ingest_addresses, system.token, diary, setting.seed, WORKSPACES, setting.zeal
    )
    rolling = _rolling(system, setting.rest_seconds)
    async with asyncio.TaskGroup() as group:
        under_way = [group.create_task(one.run()) for one in (load, rolling)]
        await ordeal
        await asyncio.wait_for(diary.has_acknowledged(setting.least_items), PATIENCE_SECONDS)
        load.stopped.set()
        rolling.stopped.set()
        await asyncio.wait_for(asyncio.gather(*under_way), PATIENCE_SECONDS)


def _rolling(system: System, rest_seconds: float) -> Rolling:
    address, stopped = system.rolling_address, asyncio.Event()
    return Rolling(address, system.token, WORKSPACES, rest_seconds, stopped)
