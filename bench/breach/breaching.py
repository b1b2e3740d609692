"""Rules that look each minute, breaches that come at any time, and who was told of them."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import grpc

from bench.breach.asking import Breach, Callers, tokens
from bench.breach.receiving import Receiver
from bench.stack import Stack

SECONDS_BETWEEN = 0.25
PATIENCE_SECONDS = 150

Blows = Callable[[Receiver], Coroutine[Any, Any, int]]


@dataclass
class Told:
    """What became of the breaches."""

    breaches: int
    blows: int = 0
    waits: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    double: int = 0

    @property
    def lost(self) -> int:
        return self.breaches - len(self.waits)

    @property
    def is_exact(self) -> bool:
        return self.lost == self.double == 0


async def told_of_breaches(
    stack: Stack, rules: int, seconds: float, blows: Blows | None = None
) -> Told:
    receiver = Receiver()
    await receiver.come()
    edge = urlsplit(stack.edge)
    async with grpc.aio.insecure_channel(f"{edge.hostname}:{edge.port}") as channel:
        callers = Callers(channel, tokens(stack))
        await callers.prepare(receiver.url, rules)
        striking = asyncio.create_task(blows(receiver)) if blows else None
        breaches = await _breach(callers, rules, seconds)
        count = await striking if striking else 0
        await _all_heard(receiver, breaches)
    await receiver.go()
    return _told(receiver, breaches, count)


async def _breach(callers: Callers, rules: int, seconds: float) -> list[Breach]:
    """Evenly over the time, of one rule after the other."""
    began, count = time.monotonic(), int(seconds / SECONDS_BETWEEN)
    asked = []
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number * SECONDS_BETWEEN - time.monotonic()))
        asked.append(asyncio.create_task(callers.breach(number % rules, number)))
    return await asyncio.gather(*asked)


async def _all_heard(receiver: Receiver, breaches: list[Breach]) -> None:
    """Or nothing more is to be expected. What is told twice has a moment left to come."""
    with suppress(TimeoutError):
        await asyncio.wait_for(receiver.hears_of(len(breaches)), PATIENCE_SECONDS)
    await asyncio.sleep(3)


def _told(receiver: Receiver, breaches: list[Breach], blows: int) -> Told:
    told = Told(len(breaches), blows)
    for one in breaches:
        heard = receiver.heard.get(one.agent, {})
        if heard:
            told.waits.append(min(heard.values()) - one.sent)
            told.floors.append(one.floor)
            told.double += len(heard) - 1
    return told
