"""An export as it goes out: some rows are read, encoded and handed on before the next are read."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass

from services.reports.exports.encoder import Encoder
from services.runtime.draining import Draining
from services.runtime.faults import DeadlineExceeded, Fault
from services.warehouse.exports.executions import FoundExecutions

# Of rows that are as large as rows may be, some megabytes.
ROWS_AT_ONCE = 500
PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Patience:
    """How long an export may go on."""

    seconds: float
    draining: Draining
    clock: Callable[[], float] = time.monotonic

    def begun(self) -> Callable[[], None]:
        """Raises a fault, from then on, when it is over."""
        latest = self.clock() + self.seconds
        return lambda: self._check(latest)

    def _check(self, latest: float) -> None:
        if self.draining.is_set():
            raise self.draining.fault()
        if self.clock() > latest:
            raise DeadlineExceeded(
                "EXPORT_TOO_LONG",
                f"the export took longer than {self.seconds:g} s; ask for a shorter interval",
                metadata={"seconds": f"{self.seconds:g}"},
            )


async def pieces(
    found: FoundExecutions, encoder: Encoder, patience: Patience
) -> AsyncGenerator[bytes]:
    """Of the whole file, at least one. If it cannot be whole, its last piece spoils it."""
    check = patience.begun()
    try:
        first = encoder.begin()
        while rows := await found.next(ROWS_AT_ONCE):
            first += await asyncio.to_thread(encoder.add, rows)
            for piece in _cut(first):
                yield piece
            first = b""
            check()
        for piece in _cut(first + await asyncio.to_thread(encoder.end)) or [b""]:
            yield piece
    except Fault as fault:
        yield encoder.cut(fault.reason)
        raise


def _cut(content: bytes) -> list[bytes]:
    return list(_parts(memoryview(content)))


def _parts(content: memoryview) -> Iterator[bytes]:
    for start in range(0, len(content), PIECE_BYTES):
        yield bytes(content[start : start + PIECE_BYTES])
