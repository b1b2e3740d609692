"""The terminal of somebody who follows a page, in a checkout of the repository."""

import asyncio
import json
import os
import re
import shutil
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jwt.algorithms import OKPAlgorithm

from tests.support.keys import KeyRing
from tests.support.stack import ROOT

SECONDS = 60
EDGE = re.compile(r"(127\.0\.0\.1|localhost):8080\b")
NAMES = re.compile(r"\b(acme|demo)\b")
# `curl` by itself says nothing of refusals. Who wants the status is not surprised by it.
CURL = """#!/bin/sh
case " $* " in
*" -w "*) exec {program} "$@" ;;
*) exec {program} --fail-with-body "$@" ;;
esac
"""
# Runs one file after the other in one shell; the third descriptor tells how each ended.
DRIVER = """
set -uEo pipefail
trap 'failed="$BASH_COMMAND"' ERR
trap 'kill $(jobs -p) 2>/dev/null' EXIT
while IFS= read -r file; do
  failed=
  . "$file" </dev/null >"$file.out" 2>"$file.err"
  printf '%s\\n' "${failed//$'\\n'/ }" >&3
done
"""


@dataclass
class PageTerminal:
    """A shell that remembers, and programs that go on."""

    folder: Path
    process: asyncio.subprocess.Process
    answers: asyncio.StreamReader
    port: int
    suffix: str
    program: str = ""

    async def runs(self, text: str) -> str:
        """What it said. Raises AssertionError if a command failed."""
        file = self.folder.parent / f"block-{uuid.uuid4().hex[:8]}"
        file.write_text(self._here(text))
        assert self.process.stdin is not None
        self.process.stdin.write(f"{file}\n".encode())
        answer = await asyncio.wait_for(self.answers.readline(), SECONDS)
        out, error = (file.with_name(f"{file.name}.{end}").read_text() for end in ("out", "err"))
        assert answer == b"\n", f"{answer.decode()}{out}{error}"
        return self._there(out)

    def writes_python(self, text: str, *, continued: bool) -> None:
        """A program, or the rest of one."""
        self.program = f"{self.program}\n{text}" if continued else text

    async def runs_python(self) -> str:
        """What the program said that is written."""
        file = self.folder.parent / f"program-{uuid.uuid4().hex[:8]}.py"
        file.write_text(self._here(self.program))
        return await self.runs(f"python {file}\n")

    def _here(self, text: str) -> str:
        """The page's edge is that of the test, and its workspaces are of this page alone."""
        own = EDGE.sub(lambda found: f"{found[1]}:{self.port}", text)
        return NAMES.sub(lambda found: f"{found[1]}-{self.suffix}", own)

    def _there(self, said: str) -> str:
        own = re.sub(rf"(127\.0\.0\.1|localhost):{self.port}\b", r"\1:8080", said)
        return own.replace(f"-{self.suffix}", "").replace(str(self.folder), ".")


@asynccontextmanager
async def page_terminal(folder: Path, port: int, keys: KeyRing) -> AsyncIterator[PageTerminal]:
    checkout, suffix = folder / "checkout", uuid.uuid4().hex[:8]
    _check_out(checkout)
    _set_up_home(checkout / ".shadower", port, keys, suffix)
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        "bash",
        "--noprofile",
        "--norc",
        "-c",
        f"exec 3>&{writing}\n{DRIVER}",
        cwd=checkout,
        env=_environment(folder, checkout) | _presumed(port, keys, suffix),
        stdin=asyncio.subprocess.PIPE,
        pass_fds=[writing],
    )
    os.close(writing)
    answers = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(reading, "rb")
    )
    try:
        yield PageTerminal(checkout, process, answers, port, suffix)
    finally:
        transport.close()
        await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """With what it had going in the background, unless it hangs."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        process.kill()
        await process.wait()


def _check_out(checkout: Path) -> None:
    """Everything of the repository, by links; what a page writes stays beside them."""
    checkout.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in (".git", ".venv", ".shadower", "dist"):
            (checkout / entry.name).symlink_to(entry)
    (checkout / ".venv").symlink_to(sys.prefix)
    (checkout.parent / "shared").symlink_to(ROOT.parent / "shared")


def _set_up_home(home: Path, port: int, keys: KeyRing, suffix: str) -> None:
    """As `shadower up` leaves it."""
    (home / "keys").mkdir(parents=True)
    private = json.loads(OKPAlgorithm.to_jwk(keys.private))
    (home / "keys" / "signing-key.json").write_text(json.dumps(private | {"kid": keys.kid}))
    (home / "token").write_text(keys.token(f"demo-{suffix}") + "\n")
    state = {"address": f"http://127.0.0.1:{port}", "database_url": "", "parts": []}
    (home / "state.json").write_text(json.dumps(state))


def _presumed(port: int, keys: KeyRing, suffix: str) -> dict[str, str]:
    """What docs/README.md says of all pages, and the workspace that commands take by themselves."""
    return {
        "EDGE": f"http://127.0.0.1:{port}",
        "TOKEN": keys.token(f"acme-{suffix}"),
        "OPERATOR": keys.token(f"acme-{suffix}", permissions=["rollups:write"]),
        "SHADOWER_WORKSPACE": f"demo-{suffix}",
    }


def _environment(folder: Path, checkout: Path) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir()
    curl = programs / "curl"
    curl.write_text(CURL.format(program=shutil.which("curl")))
    curl.chmod(0o755)
    roots = (ROOT, ROOT / "gen", ROOT / "client/python/src")
    return {
        "HOME": str(folder),
        "PATH": f"{programs}:{checkout / '.venv/bin'}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, roots)),
        "NO_PROXY": "127.0.0.1,localhost",
        "NO_COLOR": "1",
        "COLUMNS": "140",
        "LANG": "C.UTF-8",
    }
