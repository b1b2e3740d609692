"""The files of the console's page as a build has made them, kept in memory."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "page"
INDEX = "/index.html"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# What a build has compressed beside each file, the smallest first.
CODINGS = {"br": ".br", "gzip": ".gz"}


@dataclass(frozen=True)
class File:
    """A file, and the same as each coding has it."""

    kind: str
    content: bytes
    coded: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    def best_of(self, accepted: str) -> tuple[str, bytes]:
        """The coding, empty for none, and the bytes that it has."""
        taken = {_coding(item) for item in accepted.lower().split(",") if not _is_refused(item)}
        coding = next((name for name in self.coded if name in taken), "")
        return coding, self.coded[coding] if coding else self.content


def _coding(item: str) -> str:
    return item.partition(";")[0].strip()


def _is_refused(item: str) -> bool:
    weight = item.partition(";")[2].replace(" ", "")
    return weight in ("q=0", "q=0.0", "q=0.00", "q=0.000")


def read_files(folder: Path = FOLDER) -> Mapping[str, File]:
    """By path, such as /index.html; none of a page that nobody has built."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in KINDS)
    return {f"/{path.relative_to(folder).as_posix()}": _read(path) for path in found}


def _read(path: Path) -> File:
    beside = {name: path.with_name(path.name + suffix) for name, suffix in CODINGS.items()}
    coded = {name: one.read_bytes() for name, one in beside.items() if one.exists()}
    return File(KINDS[path.suffix], path.read_bytes(), coded)
