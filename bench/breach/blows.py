"""Whatever is on the way from a breach to its webhook dies, most often when it is busy."""

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

KILLED = ("alerts", "notifications", "scheduler", "valkey")
RECEIVER = "receiver"
MINUTE = 60.0
AWAY_SECONDS = 4.0


@dataclass(frozen=True)
class Blow:
    """Whom it strikes, and when, by the clock."""

    at: float
    victim: str


def struck(stack: Stack, seconds: float, seed: str) -> Blows:
    async def strike(receiver: Receiver) -> int:
        blows = sorted(_planned(Random(seed), seconds), key=lambda one: one.at)
        for blow in blows:
            await asyncio.sleep(max(0.0, blow.at - time.time()))
            print(f"  {time.strftime('%H:%M:%S')} {blow.victim}", flush=True)
            await (_send_away(receiver) if blow.victim == RECEIVER else _kill(stack, blow.victim))
        return len(blows)

    return strike


def _planned(random: Random, seconds: float) -> Iterator[Blow]:
    """Once a minute each: around its beginning, when rules are judged, or anywhere."""
    now = time.time()
    first = now - now % MINUTE + MINUTE
    for minute in range(int(seconds // MINUTE) + 1):
        for victim in (*KILLED, RECEIVER):
            late = random.choice((random.uniform(-0.5, 4), random.uniform(8, 45)))
            yield Blow(first + minute * MINUTE + late, victim)


async def _kill(stack: Stack, victim: str) -> None:
    """Those of all replicas. Who is not there has been struck already."""
    state = json.loads((stack.home / "state.json").read_text())
    for part in state["parts"]:
        if part["service"] == victim or part["name"] == victim:
            try:
                os.kill(int(part["pid"]), signal.SIGKILL)
            except ProcessLookupError:
                continue


async def _send_away(receiver: Receiver) -> None:
    await receiver.go()
    await asyncio.sleep(AWAY_SECONDS)
    await receiver.come()
