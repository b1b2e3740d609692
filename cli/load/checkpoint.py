"""How far a load has come, so that an interrupted one goes on where it stopped."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cli.home import read_json, write_json
from cli.load.report import LoadReport

SAMPLE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Progress:
    """The last row of the last acknowledged batch, and what became of the lines up to it."""

    last_row: int
    report: LoadReport


@dataclass(frozen=True)
class Checkpoint:
    """A small file that lives as long as the load is unfinished."""

    path: Path

    @classmethod
    def of(cls, folder: Path, file: Path, circumstances: Iterable[str]) -> "Checkpoint":
        """One for each file content and way of loading it."""
        return cls(folder / f"{fingerprint(file, circumstances)}.json")

    def read(self) -> Progress:
        content = read_json(self.path)
        if content is None:
            return Progress(0, LoadReport())
        return Progress(content["last_row"], LoadReport.from_json(content["report"]))

    def write(self, progress: Progress) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {"last_row": progress.last_row, "report": progress.report.to_json()}
        write_json(self.path, content)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def fingerprint(file: Path, circumstances: Iterable[str]) -> str:
    """Tells a file's content apart without reading a large one whole."""
    about = file.stat()
    with file.open("rb") as opened:
        head = opened.read(SAMPLE_BYTES)
        opened.seek(max(0, about.st_size - SAMPLE_BYTES))
        tail = opened.read(SAMPLE_BYTES)
    described = json.dumps([about.st_size, about.st_mtime_ns, *circumstances])
    return hashlib.sha256(described.encode() + head + tail).hexdigest()[:32]
