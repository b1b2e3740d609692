"""Forgets events of the outbox that every group has passed."""

import asyncio
from datetime import timedelta

import structlog

from services.runtime.pool import Pool
from services.warehouse.bus.outbox import BROKEN, prune

KEPT = timedelta(days=7)
PAUSE_SECONDS = 60.0
# A little at a time, so that nobody waits for it.
AT_ONCE = 1_000
BUSY_SECONDS = 0.1


async def keep_pruning(pool: Pool, *, has_kafka: bool) -> None:
    """Runs as long as the process does."""
    while True:
        pruned = 0
        try:
            pruned = await prune(pool, KEPT, AT_ONCE, has_kafka=has_kafka)
        except BROKEN as broken:
            structlog.get_logger("relay").warning("nothing pruned", error=repr(broken))
        await asyncio.sleep(BUSY_SECONDS if pruned == AT_ONCE else PAUSE_SECONDS)
