"""An event of the bus as handlers see it, whichever transport brings it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

AREAS = {
    "agent": "executed failed created updated deleted",
    "user": "login logout created updated deleted",
    "credit": "consumed purchased refunded threshold_reached",
    "report": "generated scheduled failed",
    "alert": "triggered resolved acknowledged",
    "workspace": "created updated deleted",
    "integration": "connected disconnected error",
    "system": "error warning info",
}
TYPES = frozenset(f"{area}.{what}" for area, words in AREAS.items() for what in words.split())
"""The contract's EventType in small letters, for those who do not know generated code."""


@dataclass(frozen=True)
class BusEvent:
    """Something that happened. See the contract, Envelope."""

    id: UUID
    """The same event has the same id however often it is told."""
    type: str
    """In small letters, such as "workspace.updated"."""
    workspace_id: str
    created_at: datetime
    data: Mapping[str, Any]
    correlation_id: str = ""
    group: str = ""
    """For this group only: a dead letter of it that is replayed."""
    traceparent: str = ""
    """Where in a trace it happened; empty if in none."""


Handler = Callable[[BusEvent], Awaitable[None]]
"""Must bear to get an event again. Whatever it raises means: not handled."""


class GroupSubscriber(Protocol):
    """A member of a group. Each event is handled by a member of each group, at least once.

    An event that cannot be handled, however often it is tried, becomes a dead letter.
    """

    async def run(self, handler: Handler) -> None:
        """Runs as long as the process does, whatever breaks meanwhile."""


class BroadcastSubscriber(Protocol):
    """Tells every process every event that happens while it listens."""

    async def run(self, handler: Handler, resumed: Callable[[], None]) -> None:
        """Runs as long as the process does. Calls `resumed` whenever it begins to listen.

        What happened before that is not told, and nothing that happens after it is missed.
        """
