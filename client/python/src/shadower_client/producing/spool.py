"""Facts that wait in a file of SQLite, and outlive the process."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from shadower_client.producing.buffer import BufferFull, Encoded, Entry, SpoolInUse, within

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace TEXT NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL
)
"""
PUT = "INSERT INTO facts (workspace, kind, body) VALUES (?, ?, ?)"
FIRST = "SELECT number, workspace, kind, body FROM facts WHERE number > ? ORDER BY number LIMIT ?"
REMOVE = "DELETE FROM facts WHERE number <= ?"
KEPT = "SELECT count(*), coalesce(sum(length(body)), 0), coalesce(max(number), 0) FROM facts"


class Spool:
    """What put() has returned for is there after a crash of the process; after one of the machine,
    all but the last moments are."""

    is_durable = True

    def __init__(self, path: Path) -> None:
        self._delivered = 0
        """Up to this number facts are dealt with, also where a full disk does not let them be
        removed."""
        # What is recorded is for nobody else. A file that is there is not opened beside SQLite: to
        # close it would give up the locks that this process may have on it.
        with suppress(FileExistsError):
            path.touch(0o600, exist_ok=False)
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=0
        )
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            if "locked" in str(error):
                raise SpoolInUse(f"{path}: {error}") from error
            raise

    def _prepare(self) -> None:
        # Exclusive: two processes would send the same facts, and each count them as its own.
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute(SCHEMA)
        self.items, self.size, self.last = self._database.execute(KEPT).fetchone()

    def put(self, workspace: str, facts: Sequence[Encoded]) -> None:
        try:
            last = self._write(workspace, facts)
        except sqlite3.OperationalError as error:
            raise BufferFull(f"the spool cannot be written: {error}") from error
        self.last = last
        self.items += len(facts)
        self.size += sum(len(one.body) for one in facts)

    def _write(self, workspace: str, facts: Sequence[Encoded]) -> int:
        last = self.last
        with self._database as database:  # Which takes back what was begun, if it fails.
            database.execute("BEGIN")
            for one in facts:
                done = database.execute(PUT, (workspace, one.kind, one.body))
                last = done.lastrowid or last
        return last

    def first(self, items: int, size: int) -> list[Entry]:
        rows = self._database.execute(FIRST, (self._delivered, items))
        return list(within((Entry(*row) for row in rows), size))

    def remove(self, entries: list[Entry]) -> None:
        self._delivered = entries[-1].number
        self.items -= len(entries)
        self.size -= sum(len(entry.body) for entry in entries)
        self._forget_delivered()

    def _forget_delivered(self) -> None:
        # Without room it is tried again with the next; what is left over is sent once more by the
        # next producer, and known again by its ids.
        with suppress(sqlite3.Error):
            self._database.execute(REMOVE, (self._delivered,))

    def close(self) -> None:
        self._forget_delivered()
        self._database.close()
