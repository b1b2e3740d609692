"""Keycloak's distribution, fetched once by Maven: about 170 MB."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
VERSION = "26.7.3"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
FETCH_SECONDS = 600


class KeycloakUnavailableError(Exception):
    """What this machine lacks for a Keycloak of its own."""


def fetched_distribution() -> Path:
    """Its folder, filled if it is not there. Raises KeycloakUnavailableError."""
    home = Path(os.environ.get("SHADOWER_KEYCLOAK_HOME", ROOT / ".keycloak"))
    folder = home / f"keycloak-{VERSION}"
    if not folder.exists():
        _fetch(folder)
    return folder


def program(name: str) -> str:
    """Raises KeycloakUnavailableError."""
    found = shutil.which(name)
    if found is None:
        raise KeycloakUnavailableError(f"Keycloak needs {name}, which is not installed")
    return found


def _fetch(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as directory:
        _unpack(Path(directory))
        # Another process may have been faster; its files are the same.
        if not folder.exists():
            (Path(directory) / folder.name).rename(folder)


def _unpack(target: Path) -> None:
    goals = ("dependency:unpack", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={target}")
    command = [program("mvn"), "--quiet", "--batch-mode", *goals]
    try:
        subprocess.run(  # noqa: S603 - Maven itself
            command, capture_output=True, text=True, check=True, cwd=target, timeout=FETCH_SECONDS
        )
    except subprocess.SubprocessError as error:
        said = getattr(error, "stdout", "") or error
        raise KeycloakUnavailableError(f"Maven cannot fetch Keycloak:\n{said}") from error
