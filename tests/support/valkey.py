"""A real Valkey that a test may kill, halt, flush and fill with garbage."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.asyncio import Redis

from cli.stack.valkey import answers, valkey_command, valkey_program

READY_SECONDS = 60


@dataclass
class Valkey:
    """A server of the test's own."""

    program: Path
    socket: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    async def start(self) -> None:
        self._spawn()
        is_ready = answers(self.socket)
        async with asyncio.timeout(READY_SECONDS):
            while not await is_ready():  # noqa: ASYNC110 - another process sets no event
                await asyncio.sleep(0.01)

    def _spawn(self) -> None:
        command = valkey_command(self.program, self.socket)
        self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))

    def kill(self) -> None:
        self.processes[-1].kill()
        self.processes[-1].wait(10)

    def halt(self) -> None:
        self.processes[-1].send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.processes[-1].send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    async def names(self, pattern: str = "shadower:answer:*") -> list[bytes]:
        async with self.client() as client:
            return list(await client.keys(pattern))


@asynccontextmanager
async def running_valkey(directory: Path) -> AsyncIterator[Valkey]:
    program = valkey_program()
    if program is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("there is no Valkey on this machine")
    server = Valkey(program, directory / "v.sock")
    await server.start()
    try:
        yield server
    finally:
        server.kill()
