"""What the cache asks of those who store facts: what has changed, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Change(NamedTuple):
    """A revision of a workspace touched the facts of a span, in seconds since 1970."""

    revision: int
    start: float
    end: float


@dataclass(frozen=True)
class News:
    """What happened up to a revision. `complete` is False if the log does not go back so far."""

    revision: int
    changes: Sequence[Change]
    complete: bool


class ChangeLog(Protocol):
    """Where changes are written down, in the order of their commits."""

    async def since(self, workspace_id: str, revision: int) -> News:
        """Changes after a revision, with all that was committed before the call. Raises a Fault."""
