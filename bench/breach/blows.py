"""Whatever is on the way from a breach to its webhook dies or sleeps, often when it is busy."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.breach.breaching import Blows
from bench.breach.receiving import Receiver
from bench.stack import Stack

PROCESSES = ("alerts", "notifications", "scheduler", "valkey")
RECEIVER = "receiver"
MINUTE = 60.0
AWAY_SECONDS = 4.0
ASLEEP_SECONDS = 8.0
"""Longer than the lease of who leads."""


@dataclass(frozen=True)
class Blow:
    """Whom it strikes, and when, by the clock."""

    at: float
    victim: str
    kills: bool
    """Or lets it sleep, which knows nothing of that."""

    async def fall(self, stack: Stack, receiver: Receiver) -> None:
        if self.victim == RECEIVER:
            await receiver.go()
            await asyncio.sleep(AWAY_SECONDS)
            await receiver.come()
        elif self.kills:
            _signal(stack, self.victim, signal.SIGKILL)
        else:
            _signal(stack, self.victim, signal.SIGSTOP)
            await asyncio.sleep(ASLEEP_SECONDS)
            _signal(stack, self.victim, signal.SIGCONT)


def struck(stack: Stack, seconds: float, seed: str) -> Blows:
    async def strike(receiver: Receiver) -> int:
        blows = list(_planned(Random(seed), seconds))
        async with asyncio.TaskGroup() as group:
            for blow in sorted(blows, key=lambda one: one.at):
                await asyncio.sleep(max(0.0, blow.at - time.time()))
                how = "dies" if blow.kills else "sleeps"
                print(f"  {time.strftime('%H:%M:%S')} {blow.victim} {how}", flush=True)
                group.create_task(blow.fall(stack, receiver))
        return len(blows)

    return strike


def _planned(random: Random, seconds: float) -> Iterator[Blow]:
    """Once a minute each: around its beginning, when rules are judged, or anywhere."""
    now = time.time()
    first = now - now % MINUTE + MINUTE
    for minute in range(int(seconds // MINUTE) + 1):
        for victim in (*PROCESSES, RECEIVER):
            late = random.choice((random.uniform(-0.5, 4), random.uniform(8, 45)))
            yield Blow(first + minute * MINUTE + late, victim, random.random() < 0.6)


def _signal(stack: Stack, victim: str, number: signal.Signals) -> None:
    """To all replicas. Who is not there has been struck already."""
    state = json.loads((stack.home / "state.json").read_text())
    for part in state["parts"]:
        if victim in (part["service"], part["name"]):
            try:
                os.kill(int(part["pid"]), number)
            except ProcessLookupError:
                continue
