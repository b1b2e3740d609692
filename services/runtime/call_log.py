"""The lines that calls write, as other lines of the log are but on the shortest way."""

import asyncio
import atexit
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson

from services.runtime.redaction import is_suspect, redacted_texts

# Who is killed takes so much of it along; errors are told at once, on the usual way.
FLUSH_SECONDS = 0.1
MOST_LINES = 200
# Of calls that are like each other, so many of each moment have a line.
FEW_LINES = 5

Fields = Mapping[str, object]


class CallLog:
    """Makes and writes lines together, when nobody waits for them: one by one, each takes longer
    than an answer that is remembered."""

    def __init__(self, file: BinaryIO, **context: object) -> None:
        self._file = file
        self._context = context
        self._lines: list[tuple[float, Callable[..., Fields], tuple[Any, ...]]] = []
        self._without_line: Counter[str] = Counter()
        atexit.register(self.flush)

    def note(self, fields: Callable[..., Fields], *found: Any) -> None:
        """A line about now, of what is made of what was found. Times are in UTC."""
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        self._lines.append((time.time(), fields, found))
        if len(self._lines) >= MOST_LINES:
            self.flush()

    def note_or_count(self, method: str, fields: Callable[..., Fields], *found: Any) -> None:
        """The same of a method, unless there are many lines: then one says how many calls have
        none."""
        if len(self._lines) < FEW_LINES:
            self.note(fields, method, *found)
        else:
            self._without_line[method] += 1

    def flush(self) -> None:
        """As with any log: where nobody reads it, calls go on without."""
        for method, calls in self._without_line.items():
            self._lines.append((time.time(), _counted, (method, calls)))
        self._without_line.clear()
        lines, self._lines = self._lines, []
        with suppress(OSError):
            self._file.write(b"".join(self._encoded(*line) for line in lines))
            self._file.flush()

    def _encoded(
        self, noted_at: float, fields: Callable[..., Fields], found: tuple[Any, ...]
    ) -> bytes:
        timestamp = datetime.fromtimestamp(noted_at, UTC)
        entry = {**fields(*found), **self._context, "timestamp": timestamp}
        line = _line(entry)
        # Names of callers, and ids that they give their requests, are what they say.
        return _line(redacted_texts(entry)) if is_suspect(line.decode()) else line


def _line(entry: Fields) -> bytes:
    return orjson.dumps(entry, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _counted(method: str, calls: int) -> Fields:
    return {"method": method, "code": "OK", "calls": calls}
