"""The limits of all workspaces, for the edge."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from services.runtime.faults import Unavailable
from services.runtime.pool import Pool
from services.warehouse.database import UnwritableError, driver_errors_as_faults
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


@dataclass(frozen=True)
class SetLimit:
    """A limit as it was set; without an amount, it is not set any more."""

    workspace_id: str
    limit_class: str
    scope: str
    amount: int | None
    seconds: int | None


class LimitChanges:
    """Follows what is set. Its pool's role may see the limits of every workspace."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def since(self, position: int) -> tuple[Sequence[SetLimit], int]:
        """What may have changed since a position, and the next one; 0 is before everything. Raises
        a Fault."""
        with what_fails_as_faults():
            rows: Any = await self._pool.fetch(QUERIES["changed"], str(position), timeout=5)
        changed = [_set_limit(row) for row in rows if row["workspace_id"] is not None]
        return changed, int(rows[0]["horizon"])


@contextmanager
def what_fails_as_faults() -> Iterator[None]:
    """Also what no retry would help, since who follows goes on with all else; and they may be there
    before the schema and the role are."""
    try:
        with driver_errors_as_faults():
            yield
    except (asyncpg.PostgresError, UnwritableError) as failed:
        raise Unavailable("DATABASE_UNAVAILABLE", f"limits cannot be judged: {failed}") from failed


def _set_limit(row: Any) -> SetLimit:
    return SetLimit(**{name: row[name] for name in SetLimit.__dataclass_fields__})
