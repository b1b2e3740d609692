"""That dead letters will not be handed over: who decided it, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


class State(StrEnum):
    """What has become of a letter."""

    OPEN = "open"
    REPLAYED = "replayed"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Drop:
    """A decision about all times that a letter had come by then."""

    dropped_at: datetime
    dropped_by: str
    reason: str
    occurrences: int


@dataclass(frozen=True)
class Standing:
    """What has become of a letter, and what was decided about it last. What has come again since is
    open all the same."""

    state: State
    drop: Drop | None


def standing_in(columns: dict[str, Any]) -> Standing:
    """Takes out of a row what it says of that."""
    drop = Drop(
        dropped_at=columns.pop("dropped_at"),
        dropped_by=columns.pop("dropped_by"),
        reason=columns.pop("drop_reason"),
        occurrences=columns.pop("drop_occurrences"),
    )
    # Where there is none, the columns are null.
    return Standing(State(columns.pop("state")), drop if drop.occurrences else None)


async def drop_letters(
    session: Session, letter_ids: Sequence[UUID], by: str, reason: str
) -> dict[UUID, Standing]:
    """Drops those that are open, and says of all that are there how they stand now."""
    values = session.workspace_id, list(letter_ids)
    await session.connection.execute(QUERIES["drop"], *values, by, reason)
    rows = await session.connection.fetch(QUERIES["standing"], *values)
    return {row["dead_letter_id"]: standing_in(dict(row)) for row in rows}
