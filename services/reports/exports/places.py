"""How many exports may run at once, and that no workspace has more than one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from services.runtime.faults import ResourceExhausted

RETRY_DELAY = timedelta(seconds=30)


class Places:
    """So many exports, each of another workspace."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: set[str] = set()

    @contextmanager
    def taken(self, workspace_id: str) -> Iterator[None]:
        """Raises ResourceExhausted at once: an export that waits would hold its caller up."""
        if workspace_id in self._taken:
            raise _busy("an export of the workspace is running", 1)
        if len(self._taken) >= self._most:
            raise _busy(f"{self._most} exports are running", self._most)
        self._taken.add(workspace_id)
        try:
            yield
        finally:
            self._taken.remove(workspace_id)


def _busy(message: str, limit: int) -> ResourceExhausted:
    return ResourceExhausted(
        "EXPORTS_BUSY", message, metadata={"limit": str(limit)}, retry_after=RETRY_DELAY
    )
