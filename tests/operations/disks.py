"""A small disk that a trial may fill."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.operations.ground import say

MEGABYTE, PAGE = 1024 * 1024, 4096


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, in memory. For root only."""
    folder.mkdir(parents=True)
    options = f"size={megabytes}m,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


class Ballast:
    """Takes the space of a disk, and gives it back."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "ballast"

    def fill(self, left: int) -> None:
        """But for some megabytes."""
        space = subprocess.run(
            ["df", "--output=avail", "-m", self._file.parent], check=True, capture_output=True
        )
        with self._file.open("wb") as file, suppress(OSError):
            for _ in range(int(space.stdout.split()[-1]) - left):
                file.write(bytes(MEGABYTE))
            while not left:
                file.write(bytes(PAGE))
                file.flush()
        say(f"the disk is full but for {left} MB")

    def clear(self) -> None:
        self._file.unlink()
        say("there is space again")
