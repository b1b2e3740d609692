"""Ports for servers that will be killed and must come back on the same one."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below what kernels hand out to clients: while a server is down, nobody else gets its port, and
# a client that tries to reach it cannot be connected with itself.
RANGE = range(18_000, 32_000)
TRIES = 1_000


def free_ports(count: int) -> list[int]:
    """Raises OSError if there are not that many."""
    shuffled = random.sample(RANGE, TRIES)
    found = [port for port in shuffled[: count * 10] if _is_free(port)][:count]
    if len(found) < count:
        raise OSError(f"fewer than {count} ports are free")
    return found


def is_answering(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((LOOPBACK, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) != 0
