"""Kafka's jars, fetched once by Maven."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
ROOT = Path(__file__).parent.parent.parent
FETCH_SECONDS = 300


class KafkaUnavailableError(Exception):
    """What this machine lacks for a Kafka of its own."""


def fetched_jars() -> Path:
    """The folder of the jars, filled if it is not there. Raises KafkaUnavailableError."""
    jars = _cache() / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not jars.exists():
        _fetch(jars)
    return jars


def program(name: str) -> str:
    """Raises KafkaUnavailableError."""
    found = shutil.which(name)
    if found is None:
        raise KafkaUnavailableError(f"Kafka needs {name}, which is not installed")
    return found


def _cache() -> Path:
    return Path(os.environ.get("SHADOWER_KAFKA_HOME", ROOT / ".kafka"))


def _fetch(jars: Path) -> None:
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent) as directory:
        whole = Path(directory) / "jars"
        _copy_dependencies(whole)
        # Another process may have been faster; its jars are the same.
        if not jars.exists():
            whole.rename(jars)


def _copy_dependencies(target: Path) -> None:
    goals = ("dependency:copy-dependencies", f"-DoutputDirectory={target}")
    command = [program("mvn"), "--quiet", "--batch-mode", "--file", str(POM), *goals]
    try:
        subprocess.run(  # noqa: S603 - Maven itself
            command, capture_output=True, text=True, check=True, timeout=FETCH_SECONDS
        )
    except subprocess.SubprocessError as error:
        said = getattr(error, "stdout", "") or error
        raise KafkaUnavailableError(f"Maven cannot fetch Kafka:\n{said}") from error
