"""Log files of the stack's parts."""

from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 16 * 1024 * 1024
TAIL_BYTES = 8 * 1024
TAIL_LINES = 15


def opened_log(path: Path) -> BinaryIO:
    """Opens it for more; a large one is put aside first, in the place of the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > MAX_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def log_tail(path: Path, since: int = 0) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(since, path.stat().st_size - TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
