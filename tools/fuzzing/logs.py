"""What processes write down while they are called."""

from collections.abc import Iterable, Iterator
from pathlib import Path

TELLING = (b"internal error", b"Traceback (most recent call last)", b"exception was never")


class LogWatch:
    """Reads what is appended from now on."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._from = {file: file.stat().st_size for file in files}

    def complaints(self) -> list[str]:
        """Lines that tell of faults which nobody foresaw."""
        return [
            f"{file.name}: {line.decode(errors='replace').strip()}"
            for file, start in self._from.items()
            for line in _lines(file, start)
            if any(words in line for words in TELLING)
        ]


def _lines(file: Path, start: int) -> Iterator[bytes]:
    with file.open("rb") as log:
        log.seek(start)
        yield from log
