"""How a process of ours says that it cannot start, and that it broke."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.stack import Environment

PROGRAM = """
import asyncio
from services.runtime.background import in_background
from services.runtime.draining import Draining
from services.runtime.process import run
from services.runtime.server import serve
from services.runtime.validator import MessageValidator
from services.runtime.access import Access
from tests.support.verifying import no_revocations, written_nowhere

async def lose_something():
    await asyncio.sleep({seconds})
    raise ConnectionResetError("it is gone")

async def main(settings):
    async with in_background(lose_something()):
        await asyncio.sleep({before})
        access = Access(no_revocations, written_nowhere)
        await serve(settings, [], MessageValidator(), Draining(), access)

run("it", main)
"""


@pytest.fixture
def environment(keys: KeyRing, tmp_path: Path) -> dict[str, str]:
    jwks = keys.write_jwks(tmp_path / "jwks.json")
    return Environment("postgresql://unused", jwks, tmp_path).of(f"127.0.0.1:{free_port()}")


def said_by(program: str, environment: dict[str, str]) -> str:
    """Of a process that must fail."""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(
        command,
        check=False,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 1
    return ended.stdout + ended.stderr


def test_what_breaks_before_it_serves_keeps_it_from_starting(environment: dict[str, str]) -> None:
    said = said_by(PROGRAM.format(seconds=0, before=20), environment)
    assert said.splitlines()[-1] == "it cannot start: it is gone"
    assert "listening" not in said
    assert "Traceback" not in said


def test_what_breaks_while_it_serves_is_told_as_it_is(environment: dict[str, str]) -> None:
    said = said_by(PROGRAM.format(seconds=2, before=0), environment)
    assert "listening" in said
    assert said.splitlines()[-1] == "ConnectionResetError: it is gone"
    assert "cannot start" not in said


def test_a_file_that_is_not_there_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.json")
    told = environment | {"SHADOWER_JWKS_FILE": missing}
    said = said_by(PROGRAM.format(seconds=20, before=0), told)
    assert said.startswith("it cannot start: ")
    assert missing in said
