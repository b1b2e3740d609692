"""Serves the application until the process is told to end, and lets what goes on end well."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from gateway.web.frames import bounded_web_socket
from gateway.web.settings import WebSettings
from gateway.web.sockets.room import Room
from services.runtime.background import in_background
from services.runtime.server import HAS_SERVED

UNIX = "unix:"
OPEN = (
    "in production a port needs SHADOWER_PLAINTEXT=true, if something else guards it, or it must "
    "be a socket (unix:/path)"
)
BACKLOG = 2048
SEND_AHEAD_BYTES = 64 * 1024
# Who is not of the process's user or group has no business at its socket.
SOCKET_MODE = 0o660


class Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: WebSettings, application: ASGIApp, room: Room) -> None:
    """Raises OSError if the address cannot be listened on."""
    if settings.environment == "production" and not _is_guarded(settings):
        raise OSError(OPEN)
    log: Any = structlog.get_logger("server")
    with _bounded(settings.listen) as listener:
        server = Server(_config(settings, application))
        _end_on_signals(room)
        HAS_SERVED.set(True)
        log.info("listening", address=settings.listen, environment=settings.environment)
        async with in_background(_ended(room, server, settings.notice_seconds)):
            await server.serve([listener])
    log.info("stopped")


def _is_guarded(settings: WebSettings) -> bool:
    """Whether only the edge gets through to it. It shows no certificate."""
    return settings.listen.startswith(UNIX) or settings.plaintext


async def _ended(room: Room, server: Server, notice_seconds: float) -> None:
    await room.draining.told()
    await room.draining.notice(notice_seconds)
    await room.empty()
    server.should_exit = True


def _end_on_signals(room: Room) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, room.draining.tell)


def _config(settings: WebSettings, application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="none",
        http="httptools",
        ws=bounded_web_socket(settings.socket_message_seconds, settings.messages_per_second),
        ws_max_size=settings.socket_message_bytes,
        ws_ping_interval=settings.ping_seconds,
        ws_ping_timeout=settings.ping_seconds,
        # Compression keeps memory of its own for each connection; Envoy compresses answers.
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=ceil(settings.drain_seconds),
    )


@contextmanager
def _bounded(address: str) -> Iterator[socket.socket]:
    """What the system keeps for a reader who is slow is old when it is read."""
    with _listening(address) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_AHEAD_BYTES)
        yield listener


@contextmanager
def _listening(address: str) -> Iterator[socket.socket]:
    if address.startswith(UNIX):
        yield from _listening_on_path(Path(address.removeprefix(UNIX)))
        return
    host, _, port = address.rpartition(":")
    with socket.create_server(
        (host.strip("[]"), int(port)),
        family=socket.AF_INET6 if ":" in host else socket.AF_INET,
        backlog=BACKLOG,
    ) as listener:
        yield listener


def _listening_on_path(path: Path) -> Iterator[socket.socket]:
    """A process that was killed leaves its socket behind."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)
        listener.listen(BACKLOG)
        yield listener
    with suppress(FileNotFoundError):
        path.unlink()
