"""Ports for servers of tests, of which several runs go on at once."""

import os
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

from services.notifications.guard import OTHER_PORTS

# Below what kernels hand out to clients, and what `tools.ports` takes from.
FIRST, OF_A_RUN, RUNS = 10_000, 1_000, 8


def free_port() -> int:
    """One that nobody listens on, and that was not given before for as long as possible: who gets
    it may take seconds to listen there."""
    return next(port for port in _turns() if _is_free(port))


@cache
def _turns() -> Iterator[int]:
    """Each worker of a run has its own, and begins anywhere, since other runs may go on beside."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % RUNS
    first = FIRST + worker * OF_A_RUN
    begin = os.getpid() % OF_A_RUN
    # Some are receivers, to which nothing is sent where other programs usually are.
    ports = [one for one in range(first, first + OF_A_RUN) if one not in OTHER_PORTS]
    return cycle([*ports[begin:], *ports[:begin]])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
