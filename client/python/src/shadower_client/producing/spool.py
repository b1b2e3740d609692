"""Facts that wait in a file of SQLite, and outlive the process."""

import sqlite3
from pathlib import Path

from shadower_client.producing.buffer import BufferFull, Entry, SpoolInUse, within

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace TEXT NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL
)
"""
PUT = "INSERT INTO facts (workspace, kind, body) VALUES (?, ?, ?)"
FIRST = "SELECT number, workspace, kind, body FROM facts ORDER BY number LIMIT ?"
REMOVE = "DELETE FROM facts WHERE number <= ?"
KEPT = "SELECT count(*), coalesce(sum(length(body)), 0), coalesce(max(number), 0) FROM facts"


class Spool:
    """What put() has returned for is there after a crash of the process; after one of the machine,
    all but the last moments are."""

    is_durable = True

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=0
        )
        try:
            self._prepare()
        except sqlite3.OperationalError as error:
            self._database.close()
            raise SpoolInUse(f"{path}: {error}") from error

    def _prepare(self) -> None:
        # Exclusive: two processes would send the same facts, and each count them as its own.
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute(SCHEMA)
        self.items, self.size, self.last = self._database.execute(KEPT).fetchone()

    def put(self, workspace: str, kind: str, body: bytes) -> None:
        try:
            done = self._database.execute(PUT, (workspace, kind, body))
        except sqlite3.OperationalError as error:
            raise BufferFull(f"the spool cannot be written: {error}") from error
        self.last = done.lastrowid or self.last
        self.items, self.size = self.items + 1, self.size + len(body)

    def first(self, items: int, size: int) -> list[Entry]:
        return list(within((Entry(*row) for row in self._database.execute(FIRST, (items,))), size))

    def remove(self, entries: list[Entry]) -> None:
        self._database.execute(REMOVE, (entries[-1].number,))
        self.items -= len(entries)
        self.size -= sum(len(entry.body) for entry in entries)

    def close(self) -> None:
        self._database.close()
