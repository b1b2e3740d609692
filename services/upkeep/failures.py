"""What fails in one workspace keeps nobody from going on with the others."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from services.runtime.faults import Fault


class Failures:
    """Of a piece of work in many workspaces."""

    def __init__(self, work: str) -> None:
        self._log = structlog.get_logger("upkeep").bind(work=work)
        self._first: Fault | None = None

    @contextmanager
    def noted(self, workspace_id: str) -> Iterator[None]:
        try:
            yield
        except Fault as failed:
            self._log.warning("not done", workspace_id=workspace_id, error=repr(failed))
            self._first = self._first or failed

    def raise_first(self) -> None:
        """In the end, so that whoever asked comes again."""
        if self._first is not None:
            raise self._first
