"""Writes down what happened, in the transaction in which it happens."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.runtime.bus.attempts import PUBLISHED
from services.runtime.bus.event import TYPES
from services.runtime.telemetry.instruments import CURRENT_RPC, instruments
from services.runtime.telemetry.running import running_traceparent
from services.runtime.telemetry.tallies import Labels
from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


@dataclass(frozen=True)
class Published:
    """Something that happened in the session's workspace. Its id and time are made unless given."""

    type: str
    """In small letters, such as "workspace.updated"."""
    data: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""
    id: UUID | None = None
    created_at: datetime | None = None
    group: str = ""
    """For this group only."""

    def __post_init__(self) -> None:
        """Nobody behind the outbox could pass on what the contract has no name for."""
        if self.type not in TYPES:
            raise ValueError(f"{self.type} is no type of the contract")


async def publish(session: Session, event: Published) -> None:
    """Every group is told, at least once, if and when the transaction commits; and goes on in the
    trace in which it happened."""
    _published()[event.type, CURRENT_RPC.get()] += 1
    await session.connection.execute(
        QUERIES["publish"],
        session.workspace_id,
        event.type,
        dict(event.data),
        event.correlation_id,
        event.id,
        event.created_at,
        event.group,
        running_traceparent(),
    )


def _published() -> Counter[Labels]:
    return instruments().counter(
        PUBLISHED,
        "{event}",
        "Events of the bus that were written, whether or not their transactions committed",
        ("event.type", "rpc.method"),
    )
