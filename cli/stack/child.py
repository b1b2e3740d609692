"""One process of the stack."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from cli.failures import CommandError
from cli.stack.logs import log_tail, opened_log
from cli.stack.parts import Part

STOP_SECONDS = 15


class ChildProcess:
    """Runs a part. Its output goes to a log file; a terminal's Ctrl-C does not reach it."""

    def __init__(self, part: Part, log: Path) -> None:
        self._part = part
        self._log = log
        self._log_start = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        return self._part.name

    @property
    def address(self) -> str:
        return self._part.address

    @property
    def service(self) -> str:
        return self._part.service

    @property
    def pid(self) -> int:
        return self._started().pid

    async def start(self) -> None:
        with opened_log(self._log) as log:
            self._log_start = log.tell()
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._part.command,
                    env=self._part.environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    process_group=0,
                )
            except OSError as error:
                raise CommandError(f"{self.name} cannot start: {error}", exit_code=1) from error

    async def ended(self) -> str:
        code = await self._started().wait()
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"

    async def is_ready(self) -> bool:
        return await self._part.is_ready()

    async def stop(self) -> None:
        """Asks it to end, and makes it end if it does not."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._started().wait(), STOP_SECONDS)
        except TimeoutError:
            self.kill()
            await self._started().wait()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def last_words(self) -> str:
        return log_tail(self._log, self._log_start)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process
