"""Counters that all replicas share, in Redis or Valkey."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis

from gateway.limits.counters import name_of
from gateway.limits.lease import NO_LENDING, Lease, Lending
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

    async def charge(
        self, budgets: Sequence[Budget], cost: int, lending: Lending = NO_LENDING
    ) -> Verdict | None:
        names = [name_of(budget) for budget in budgets]
        told = _told(budgets, cost, lending)
        answer = await self._tries.of(lambda: self._script(keys=names, args=told))
        return None if answer is None else _verdict(answer)


def _told(budgets: Sequence[Budget], cost: int, lending: Lending) -> list[int]:
    returned = lending.returned
    if returned is None or len(returned.slots) != len(budgets):
        returned = Lease(0, (0,) * len(budgets))
    told = [cost, lending.wanted, returned.units]
    for budget, slot in zip(budgets, returned.slots, strict=True):
        told += budget.limit.amount, width_of(budget.limit.seconds), slot
    return told


def _verdict(answer: Sequence[int]) -> Verdict:
    is_allowed, lent, *numbers = answer
    used, waits, resets, slots = (numbers[place::4] for place in range(4))
    standings = tuple(map(Standing, used, waits, resets))
    return Verdict(bool(is_allowed), standings, Lease(lent, tuple(slots)) if lent else None)


def _failed(failure: Exception, is_left_alone: bool) -> None:
    if is_left_alone:
        structlog.get_logger("limits").warning("limits without Redis", error=repr(failure))
