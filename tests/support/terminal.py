"""Where somebody types commands that ask the edge."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from cli.__main__ import app
from tests.support.keys import KeyRing
from tests.support.stack import ROOT

# Commands are told everything by options; the surroundings of a test must not tell them more.
BARE = {"SHADOWER_PROFILES": "", "SHADOWER_TOKEN": "", "SHADOWER_ADDRESS": "", "NO_COLOR": ""}


@dataclass(frozen=True)
class Terminal:
    """Of one workspace, by a token of its owner unless another one is typed."""

    port: int
    keys: KeyRing
    workspace: str
    home: Path

    @property
    def where(self) -> tuple[str, ...]:
        address = f"http://127.0.0.1:{self.port}"
        return ("--workspace", self.workspace, "--home", str(self.home), "--address", address)

    def token(self, **claims: Any) -> tuple[str, str]:
        return ("--token", self.keys.token(self.workspace, **claims))

    async def types(self, *words: str, env: dict[str, str] | None = None) -> Result:
        """Options of `words` count more than those that are always given."""
        own = [] if "--token" in words else self.token()
        options = [*self.where, *own]
        command = [*takewhile(lambda word: not word.startswith("-"), words)]
        told = {**BARE, "HOME": str(self.home), **(env or {})}
        typed = [*command, *options, *words[len(command) :]]
        return await asyncio.to_thread(CliRunner(env=told).invoke, app, typed)

    async def reads(self, *words: str) -> Any:
        """What a program reads: one JSON document."""
        result = await self.types(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    async def table(self, *words: str) -> list[list[str]]:
        """What people read, by columns, the headings first."""
        result = await self.types(*words)
        assert result.exit_code == 0, result.output
        return [line.split() for line in result.stdout.splitlines()]

    def starts(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *words, *self.where, *self.token()],
            cwd=ROOT,
            env={**os.environ, **BARE, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'gen'}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
