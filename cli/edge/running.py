"""Envoy in the foreground: it is told when its keys change, and drains before it ends."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import typer

from cli.edge.admin import Admin, AdminError
from cli.edge.following import follow_keys
from cli.edge.model import EdgeModel
from cli.edge.program import command
from cli.edge.settings import EdgeSettings
from cli.failures import CommandError
from services.runtime.background import in_background

ENDING_SECONDS = 5
PAUSE_SECONDS = 0.25
# Callers on open connections hear that those end with the next answer.
QUIET_PAUSES = 4


@dataclass(frozen=True)
class RunningEdge:
    """Runs until it is told to end, or Envoy ends by itself."""

    model: EdgeModel
    folder: Path
    config: Path
    settings: EdgeSettings

    async def run(self) -> int:
        """The exit code: 0 if it was told to end, else that of Envoy."""
        told = _told_to_end()
        envoy = await self._started()
        ended = asyncio.create_task(envoy.wait())
        try:
            async with in_background(follow_keys(self.model, self.folder, say)):
                await _either(ended, told)
                if ended.done():
                    return _told_of(ended.result())
                await self._drained(ended, told)
        finally:
            await _end(envoy, ended)
        say("the edge has ended")
        return 0

    async def _started(self) -> asyncio.subprocess.Process:
        seconds = max(1, round(self.settings.drain_seconds))
        try:
            # In a group of its own: a terminal's Ctrl-C is for us alone.
            return await asyncio.create_subprocess_exec(
                *command(self.config, concurrency=self.settings.edge_concurrency),
                *("--drain-time-s", str(seconds), "--drain-strategy", "immediate"),
                stdin=asyncio.subprocess.DEVNULL,
                process_group=0,
            )
        except FileNotFoundError as error:
            raise CommandError(str(error), exit_code=1) from error

    async def _drained(self, ended: "asyncio.Task[int]", told: asyncio.Event) -> None:
        """Says first that it is not ready, so that nobody new comes, and then waits until nothing
        is under way. Being told once more cuts that short."""
        say("the edge ends when what is under way has ended")
        told.clear()
        draining = asyncio.create_task(self._drain())
        await _either(ended, told, draining)
        draining.cancel()
        with suppress(asyncio.CancelledError):
            await draining

    async def _drain(self) -> None:
        admin = Admin(self.model.admin_endpoint.socket)
        try:
            await admin.post("/healthcheck/fail")
            await asyncio.sleep(self.settings.notice_seconds)
            await admin.post("/drain_listeners?graceful")
            await self._until_quiet(admin)
        except AdminError as unusable:
            say(f"the edge could not be drained: {unusable}")

    async def _until_quiet(self, admin: Admin) -> None:
        deadline, quiet = monotonic() + self.settings.drain_seconds, 0
        while quiet < QUIET_PAUSES and monotonic() < deadline:
            await asyncio.sleep(PAUSE_SECONDS)
            quiet = 0 if await admin.requests_under_way() else quiet + 1


def say(text: str) -> None:
    typer.echo(text, err=True)


def _told_to_end() -> asyncio.Event:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


async def _either(
    ended: "asyncio.Task[int]", told: asyncio.Event, *more: "asyncio.Task[None]"
) -> None:
    hearing = asyncio.create_task(told.wait())
    tasks: Sequence[asyncio.Task[object]] = [ended, hearing, *more]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    hearing.cancel()


def _told_of(code: int) -> int:
    """As a shell has it: of a signal, 128 and its number."""
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
    say(f"envoy {how}")
    return 128 - code if code < 0 else code or 1


async def _end(envoy: asyncio.subprocess.Process, ended: "asyncio.Task[int]") -> None:
    if envoy.returncode is not None:
        return
    envoy.terminate()
    try:
        await asyncio.wait_for(asyncio.shield(ended), ENDING_SECONDS)
    except TimeoutError:
        envoy.kill()
        await ended
