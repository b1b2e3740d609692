"""Forgets deliveries that ended long ago."""

import asyncio
from datetime import timedelta

import structlog

from services.notifications.away import AWAY
from services.warehouse.notifications.lanes import Lanes

PAUSE_SECONDS = 300.0
# A little at a time, so that nobody waits for it.
AT_ONCE = 500
BUSY_SECONDS = 0.1


async def keep_pruning(lanes: Lanes, kept: timedelta) -> None:
    """Runs as long as the process does."""
    while True:
        pruned = 0
        try:
            pruned = await lanes.prune(kept, AT_ONCE)
        except AWAY as broken:
            log = structlog.get_logger("notifications")
            log.warning("nothing pruned", error=repr(broken))
        await asyncio.sleep(BUSY_SECONDS if pruned == AT_ONCE else PAUSE_SECONDS)
