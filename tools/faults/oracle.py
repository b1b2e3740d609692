"""The judgement: what producers know against what is stored, in plain SQL over the rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from services.warehouse.sql import Queries
from tools.faults.diary import Diary

QUERIES = Queries(__file__)
VERDICTS = ("lost", "double", "made_up", "wrong", "misplaced", "unbalanced", "miscounted")
EXAMPLES = 5

Row = Mapping[str, Any]
Connection = psycopg.Connection[Row]


@dataclass(frozen=True)
class Judgement:
    """Rows that break a promise, by the promise."""

    violations: Mapping[str, Sequence[Row]]
    stored: int

    @property
    def is_clean(self) -> bool:
        return not any(self.violations.values())

    def count(self, verdict: str) -> int:
        return len(self.violations.get(verdict, ()))

    def __str__(self) -> str:
        return "\n".join(
            f"{verdict}: {len(rows)}, such as {list(rows[:EXAMPLES])}"
            for verdict, rows in self.violations.items()
            if rows
        )


@dataclass
class Oracle:
    """Sees all workspaces: the database's owner is bound by no policy."""

    database_url: str
    diary: Diary
    # What each group of subscribers wrote down.
    subscribers: Mapping[str, Path] = field(default_factory=dict)

    def judge(self) -> Judgement:
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            connection.execute(_query("prepare"))
            self._copy_in(connection)
            verdicts = (*VERDICTS, "undelivered") if self.subscribers else VERDICTS
            found = {name: connection.execute(_query(name)).fetchall() for name in verdicts}
            [counted] = connection.execute("select count(*) from stored").fetchall()
        return Judgement(found, counted["count"])

    def _copy_in(self, connection: Connection) -> None:
        _copy(connection, "sent", _noted(self.diary.sent_file))
        _copy(connection, "acknowledged", _noted(self.diary.acknowledged_file))
        _copy(connection, "accounts", self._accounts())
        _copy(connection, "delivered", self._delivered())
        connection.execute(_query("index"))

    def _accounts(self) -> Iterable[Sequence[Any]]:
        for (workspace, kind), account in self.diary.accounts.items():
            tried, answered = account.tried, account.answered
            invalid = account.tried_invalid, account.answered_invalid
            yield workspace, kind, tried, invalid[0], answered, invalid[1]

    def _delivered(self) -> Iterable[Sequence[Any]]:
        for group, file in self.subscribers.items():
            yield group, None
            for line in file.read_text().split():
                yield group, line


def _noted(file: Path) -> Iterable[Sequence[Any]]:
    with file.open() as lines:
        for line in lines:
            kind, workspace, item_id, version, content = json.loads(line)
            yield kind, workspace, item_id, version, Jsonb(content)


def _copy(connection: Connection, table: LiteralString, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor().copy(f"copy {table} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _query(name: str) -> LiteralString:
    return QUERIES[name]
