"""Which module reads which format. Each is imported only when a file needs it."""

from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import cast

from cli.failures import UsageError
from cli.load.rows import Format, Source

MODULES = {
    "jsonl": "cli.load.jsonl",
    "csv": "cli.load.comma_separated",
    "parquet": "cli.load.parquet",
}
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}


def opened(path: Path, name: str | None) -> AbstractContextManager[Source]:
    """The file, read by the named format or by its suffix. Raises UsageError."""
    chosen = name or SUFFIXES.get(path.suffix.lower())
    if chosen not in MODULES:
        raise UsageError(f"what {path.name} is cannot be told: give --format {'|'.join(MODULES)}")
    return cast(Format, import_module(MODULES[chosen])).opened(path)
