"""The line that each call writes, as other lines of the log are but on the shortest way."""

import asyncio
import atexit
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO

import orjson

# Who is killed takes so much of it along; errors are told at once, on the usual way.
FLUSH_SECONDS = 0.1
MOST_LINES = 200


class CallLog:
    """Writes lines together: a write for each takes longer than an answer that is remembered."""

    def __init__(self, file: BinaryIO, **context: object) -> None:
        self._file = file
        self._context = context
        self._lines: list[bytes] = []
        atexit.register(self.flush)

    def write(self, **fields: object) -> None:
        """A line now or in a moment. Times are in UTC."""
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        line = {**fields, **self._context, "timestamp": datetime.now(UTC)}
        self._lines.append(orjson.dumps(line, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
        if len(self._lines) >= MOST_LINES:
            self.flush()

    def flush(self) -> None:
        """As with any log: where nobody reads it, calls go on without."""
        lines, self._lines = self._lines, []
        with suppress(OSError):
            self._file.write(b"".join(lines))
            self._file.flush()
