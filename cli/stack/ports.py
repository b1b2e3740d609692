"""Ports of this machine that nobody listens on."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from cli.failures import CommandError

LOOPBACK = "127.0.0.1"


def refuse_if_taken(host: str, port: int) -> None:
    """Raises CommandError."""
    try:
        with _bound(host, port):
            return
    except OSError as error:
        reason = f"{error.strerror}: choose another with --port or SHADOWER_PORT"
        raise CommandError(f"{host}:{port} cannot be listened on: {reason}", exit_code=1) from error


def is_free(port: int) -> bool:
    """Of the loopback."""
    try:
        with _bound(LOOPBACK, port):
            return True
    except OSError:
        return False


def free_ports(preferred: Sequence[int]) -> list[int]:
    """For each preferred port that one, or any free one where it is taken."""
    with ExitStack() as stack:
        # All are held until the last one is chosen, so that none is chosen twice.
        return [stack.enter_context(_bound_near(port)) for port in preferred]


@contextmanager
def _bound_near(port: int) -> Iterator[int]:
    try:
        held = _bound(LOOPBACK, port)
    except OSError:
        held = _bound(LOOPBACK, 0)
    with held:
        yield held.getsockname()[1]


def _bound(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        # Ports of connections that just ended are as good as free ones.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
