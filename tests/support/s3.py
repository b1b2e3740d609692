"""A real server that speaks S3, fetched once by Maven: Adobe's S3Mock."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.ports import free_port
from tests.support.stack import ROOT

VERSION = "4.11.0"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
ARTIFACT = f"com.adobe.testing:s3mock:{VERSION}:jar:exec"
BUCKET = "kept"
FETCH_SECONDS, READY_SECONDS = 120, 40
# It starts in half the time, and needs a quarter of the memory.
JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m")


@contextmanager
def running_s3(folder: Path) -> Iterator[str]:
    """Where it listens. Skips the test where it cannot be fetched: it is large, and what it proves
    does not depend on the machine."""
    java, jar, port = _program("java"), _fetched(), free_port()
    settings = {
        "server.port": "0",
        "com.adobe.testing.s3mock.http-port": f"{port}",
        "com.adobe.testing.s3mock.store.initial-buckets": BUCKET,
        "com.adobe.testing.s3mock.store.root": f"{folder}",
    }
    told = [f"--{name}={value}" for name, value in settings.items()]
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        process = subprocess.Popen([java, *JAVA, "-jar", jar, *told], stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/{BUCKET}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait(address: str) -> None:
    latest = time.monotonic() + READY_SECONDS
    while not _answers(address):
        assert time.monotonic() < latest, "the server does not answer"
        time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _program(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


def _fetched() -> Path:
    folder = Path(os.environ.get("SHADOWER_S3MOCK_HOME", ROOT / ".s3mock"))
    jar = folder / f"s3mock-{VERSION}-exec.jar"
    if not jar.exists():
        what = (COPY, f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}")
        try:
            subprocess.run(
                [_program("mvn"), "--quiet", "--batch-mode", *what],
                check=True,
                capture_output=True,
                timeout=FETCH_SECONDS,
            )
        except subprocess.SubprocessError as error:
            pytest.skip(f"the server cannot be fetched: {error}")
    return jar
