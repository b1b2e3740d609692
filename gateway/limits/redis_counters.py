"""Counters that all replicas share, in Redis or Valkey."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis

from gateway.limits.counters import name_of
from gateway.limits.limit import Budget
from gateway.limits.window import Standing, Verdict, width_of
from services.runtime.redis_client import CONNECTIONS, Tries

PATIENCE_SECONDS = 0.4
"""For one's turn, at least: what the edge waits for the limiter, but for the try itself."""
SCRIPT = Path(__file__).with_name("charge.lua").read_text()


class RedisCounters:
    """Counters. One script decides, by Redis's own clock, so replicas and their clocks agree."""

    def __init__(self, client: Redis, timeout_seconds: float) -> None:
        self._script: Any = client.register_script(SCRIPT)
        patience = max(PATIENCE_SECONDS, timeout_seconds)
        self._tries = Tries(CONNECTIONS, timeout_seconds, _failed, patience)

    async def charge(self, budgets: Sequence[Budget], cost: int) -> Verdict | None:
        names = [name_of(budget) for budget in budgets]
        told = [
            number for one in budgets for number in (one.limit.amount, width_of(one.limit.seconds))
        ]
        answer = await self._tries.of(lambda: self._script(keys=names, args=[cost, *told]))
        return None if answer is None else _verdict(answer)


def _verdict(answer: Sequence[int]) -> Verdict:
    is_allowed, *numbers = answer
    threes = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return Verdict(bool(is_allowed), tuple(Standing(*three) for three in threes))


def _failed(failure: Exception, is_left_alone: bool) -> None:
    if is_left_alone:
        structlog.get_logger("limits").warning("limits without Redis", error=repr(failure))
