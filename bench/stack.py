"""The stack as a user starts it: `shadower up`, in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHADOWER = [sys.executable, "-m", "cli"]
READY_SECONDS = 120
NO_SETTINGS: Mapping[str, str] = {}
# For those who measure how long an answer takes, and not whether it is remembered.
NO_CACHE = {"SHADOWER_CACHE_BYTES": "0"}


@dataclass(frozen=True)
class Stack:
    """A running stack: where its edge is, what it consists of, how long it took to be ready."""

    home: Path
    launcher_pid: int
    seconds_to_ready: float
    state: dict[str, Any]

    @property
    def edge(self) -> str:
        return str(self.state["address"])

    def address_of(self, part: str) -> str:
        return self.addresses_of(part)[0]

    def addresses_of(self, part: str) -> list[str]:
        """Those of all replicas."""
        [service] = {p["service"] for p in self.state["parts"] if p["name"] == part}
        return [str(p["address"]) for p in self.state["parts"] if p["service"] == service]

    def pid_of(self, part: str) -> int:
        return int(next(p["pid"] for p in self.state["parts"] if p["name"] == part))

    def token(self, workspace: str) -> str:
        command = [*SHADOWER, "token", "--workspace", workspace, "--home", str(self.home)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True)
        return printed.stdout.strip()


@contextmanager
def running_stack(
    home: Path, *options: str, settings: Mapping[str, str] = NO_SETTINGS
) -> Iterator[Stack]:
    port = free_port()
    started = time.monotonic()
    with (home / "up.log").open("wb") as log:
        launcher = subprocess.Popen(
            [*SHADOWER, "up", "--home", str(home), "--port", str(port), *options],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **settings, "NO_COLOR": "1"},
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/health", launcher)
        ready = time.monotonic() - started
        state = json.loads((home / "state.json").read_text())
        yield Stack(home, launcher.pid, ready, state)
    finally:
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(60)


def _wait_until_ready(url: str, launcher: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and launcher.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    sys.exit("the stack did not become ready")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
