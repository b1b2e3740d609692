"""Starts a process of ours, or says in one line why it cannot start."""

import gc
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop
from pydantic import ValidationError

from services.runtime.background import in_background
from services.runtime.faults import CannotServeError
from services.runtime.key_sets import WeakKeyError
from services.runtime.logs import configure_logs
from services.runtime.memory import keep_freed_memory
from services.runtime.process_settings import ProcessSettings
from services.runtime.server import HAS_SERVED
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import measuring
from services.runtime.telemetry.tracing import open_tracer

Told = TypeVar("Told", bound=ProcessSettings)


class CannotStartError(Exception):
    """What the process was given cannot be used; it refuses to start."""


def run(name: str, main: Callable[[Settings], Awaitable[None]]) -> None:
    run_with(Settings, name, main)


def run_with(
    settings_of: Callable[[], Told], name: str, main: Callable[[Told], Awaitable[None]]
) -> None:
    """For a process with settings of its own."""
    try:
        settings = settings_of()
        configure_logs(name, settings.log_level)
        keep_freed_memory()
        uvloop.run(_awaited(_starting(_watched(settings, name, main))))
    except ValidationError as wrong:
        sys.exit(f"{name} cannot start: {_settings_that_are_wrong(wrong)}")
    except CannotServeError as error:
        sys.exit(f"{name} refuses to serve: {error}")
    except (CannotStartError, WeakKeyError) as error:
        sys.exit(f"{name} cannot start: {error}")


def _settings_that_are_wrong(error: ValidationError) -> str:
    """Names and reasons only: values may be secret."""
    return "; ".join(
        f"setting {'.'.join(map(str, one['loc']))}: {one['msg']}" if one["loc"] else one["msg"]
        for one in error.errors(include_input=False, include_url=False)
    )


async def _watched(settings: Told, name: str, main: Callable[[Told], Awaitable[None]]) -> None:
    """Whatever a process of ours does, its instruments are there, and its traces."""
    with measuring(settings, name) as opened, open_tracer(settings, name):
        async with in_background(opened.dependencies.follow()):
            await main(settings)


async def _starting(work: Awaitable[None]) -> None:
    """An address or a file that is not there keeps a process from starting; what breaks one that
    serves is told as what it is."""
    try:
        await work
    except OSError as error:
        if HAS_SERVED.get():
            raise
        raise CannotStartError(str(error)) from error


async def _awaited(work: Awaitable[None]) -> None:
    # What was loaded by now stays; the collector need not look through it again and again.
    gc.freeze()
    gc.enable()
    # grpc.aio leaves five objects of each call to the collector. With more of them at once, memory
    # is cold when it is used again; with fewer, rows are looked at while they are needed.
    gc.set_threshold(5_000, 20, 100)
    await work
