"""What fails in one workspace keeps nobody from going on with the others."""

from contextlib import AbstractContextManager
from types import TracebackType

import structlog


class Failures:
    """Of a piece of work in many workspaces."""

    def __init__(self, work: str) -> None:
        self._log = structlog.get_logger("upkeep").bind(work=work)
        self._first: Exception | None = None

    def noted(self, workspace_id: str) -> AbstractContextManager[None]:
        """Whatever it is: also what is wrong with the rows of one alone."""
        return _Noting(self, workspace_id)

    def note(self, workspace_id: str, failed: Exception) -> None:
        self._log.warning("not done", workspace_id=workspace_id, error=repr(failed))
        self._first = self._first or failed

    def raise_first(self) -> None:
        """In the end, so that whoever asked comes again."""
        if self._first is not None:
            raise self._first


class _Noting(AbstractContextManager[None]):
    """Lets nothing out but what ends all of it."""

    def __init__(self, failures: Failures, workspace_id: str) -> None:
        self._failures = failures
        self._workspace_id = workspace_id

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        failed: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(failed, Exception):
            return False
        self._failures.note(self._workspace_id, failed)
        return True
