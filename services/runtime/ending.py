"""The end of a stream before its time, whatever it waits for at that moment."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from services.runtime.faults import Fault


class Ending:
    """Of the stream that the current task answers."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        self._is_over = False
        self.fault: Fault | None = None

    def end(self, fault: Fault) -> None:
        """From elsewhere. Only the first fault is told."""
        if self._task is not None and self.fault is None and not self._is_over:
            self.fault = fault
            self._task.cancel()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raises the fault in place of the cancellation that it made. The innermost one does; what
        comes after it cannot be ended any more."""
        try:
            yield
        except asyncio.CancelledError:
            # Another cancellation is somebody else's, or the caller's own.
            if self._task is None or self.fault is None or self._task.uncancel() > 0:
                raise
            raise self.fault from None
        finally:
            self._is_over = True
