"""Sockets in the home's own folder, which nobody else can reach."""

import os
import stat
import tempfile
from hashlib import sha256
from pathlib import Path

from cli.failures import CommandError
from cli.home import Home

# What Linux takes for the path of a socket.
LONGEST_PATH = 107


def socket_of(home: Home, name: str) -> Path:
    """Where the part of that name listens. Raises CommandError."""
    folder = home.path / "sockets"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = folder / f"{name}.sock"
    if len(os.fsencode(socket)) <= LONGEST_PATH:
        return socket
    return _nearer_folder(home) / f"{name}.sock"


def _nearer_folder(home: Home) -> Path:
    name = sha256(os.fsencode(home.path)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"shadower-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _is_ours_alone(folder):
        raise CommandError(f"{folder} is somebody else's; choose a shorter home", exit_code=1)
    return folder


def _is_ours_alone(folder: Path) -> bool:
    found = folder.lstat()
    return (found.st_uid, stat.filemode(found.st_mode)) == (os.getuid(), "drwx------")
