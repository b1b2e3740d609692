"""Runs it, with a database of its own that is gone with it."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.keycloak.distribution import fetched_distribution, program

# Before its first start it puts itself together, which takes a slow machine minutes.
READY_SECONDS = 600
HEAP = "-Xms64m -Xmx512m"
ADMINISTRATOR, PASSWORD = "admin", "admin"


class KeycloakNotStartedError(Exception):
    """What it said before it gave up."""


@dataclass(frozen=True)
class Keycloak:
    """A running server, whose administrator is known."""

    address: str
    administrator: str = ADMINISTRATOR
    password: str = PASSWORD


@contextmanager
def running_keycloak(data: Path, port: int) -> Iterator[Keycloak]:
    """Raises KeycloakUnavailableError or KeycloakNotStartedError."""
    program("java")
    home = data / "keycloak"
    # It writes what it has put together into its own folder.
    shutil.copytree(fetched_distribution(), home)
    keycloak, log = Keycloak(f"http://127.0.0.1:{port}"), data / "keycloak.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - Keycloak itself
            _command(home, port),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _until_ready(keycloak, process, log)
        yield keycloak
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(home: Path, port: int) -> list[str]:
    return [
        *(program("sh"), str(home / "bin" / "kc.sh"), "start-dev", "--cache=local"),
        *("--http-host=127.0.0.1", f"--http-port={port}", "--health-enabled=false"),
    ]


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "KC_BOOTSTRAP_ADMIN_USERNAME": ADMINISTRATOR,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        "JAVA_OPTS_KC_HEAP": HEAP,
    }


def _until_ready(keycloak: Keycloak, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(f"{keycloak.address}/realms/master"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise KeycloakNotStartedError(log.read_text(errors="replace"))
        time.sleep(0.5)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - of this machine
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
