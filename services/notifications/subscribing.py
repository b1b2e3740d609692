"""Events of the bus become deliveries."""

import structlog

from services.notifications.away import AWAY
from services.notifications.definitions import read
from services.notifications.matching import told
from services.notifications.notice import ENDS, TOLD_TYPES, Happened
from services.runtime.bus.event import BusEvent
from services.runtime.failpoints import Failpoints
from services.runtime.patience import Patience
from services.warehouse.database import Database, Session
from services.warehouse.notifications.deliveries import add_deliveries, told_of
from services.warehouse.notifications.lanes import wake
from services.warehouse.notifications.targets import enabled_targets

GROUP = "notifications"


class ToDeliveries:
    """A handler: an event that comes again adds nothing."""

    def __init__(self, database: Database, failpoints: Failpoints) -> None:
        self._database = database
        self._failpoints = failpoints

    async def handle(self, event: BusEvent) -> None:
        """Waits for the database, however long it is away or slow: the event is not passed over."""
        if event.type not in TOLD_TYPES:
            return
        patience = Patience(structlog.get_logger("notifications"), "waiting")
        while True:
            try:
                await self._write_down(event)
                break
            except AWAY as away:
                await patience.wait(away)
        self._failpoints.reach("notify.written")

    async def _write_down(self, event: BusEvent) -> None:
        async with self._database.writing(event.workspace_id) as session:
            happened = happened_of(event)
            found = await _told(session, happened)
            added = await add_deliveries(session, event, happened.subject, found)
            await wake(session, added)


async def _told(session: Session, happened: Happened) -> list[str]:
    kept = await enabled_targets(session, happened.at)
    before = await told_of(session, happened.subject) if happened.type in ENDS else set()
    targets = {one.target_id: read(one.definition) for one in kept}
    return list(told(happened, targets, before))


def happened_of(event: BusEvent) -> Happened:
    return Happened(event.id, event.type, event.created_at, event.workspace_id, event.data)
