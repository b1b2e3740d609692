"""The judge is judged first: each broken promise is seen, and a kept one is not called broken."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from tools.faults.diary import Diary, opened_diary
from tools.faults.items import FINISHED, RUNNING, Item, ItemMaker, Run
from tools.faults.oracle import Oracle

NOW = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)
WORKSPACE = "w"


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    with opened_diary(tmp_path) as opened:
        yield opened


@pytest.fixture
def stored(database_url: str) -> Iterator["Stored"]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Stored(connection)


@pytest.fixture
def verdicts(database_url: str, diary: Diary) -> Callable[..., set[str]]:
    def judged(**subscribers: Path) -> set[str]:
        found = Oracle(database_url, diary, subscribers).judge().violations
        return {verdict for verdict, rows in found.items() if rows}

    return judged


class Stored:
    """Writes rows as the system should have written them, or not."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        for table in ("metric_points", "executions"):
            connection.execute("select shadower.ensure_month(%s, %s)", [table, NOW])

    def point(self, item: Item, **changed: Any) -> None:
        known = {**dict(item.content or {}), "id": item.id} | changed
        self._connection.execute(
            "insert into shadower.metric_points"
            " (workspace_id, occurred_at, point_id, metric_type, value) values (%s,"
            " 'epoch'::timestamptz + %s * '1 microsecond'::interval, %s, %s, %s)",
            [WORKSPACE, *(known[n] for n in ("occurred_at", "id", "metric_type", "value"))],
        )

    def execution(self, item: Item, *, key: bool = True) -> None:
        known = item.content or {}
        self._connection.execute(
            "insert into shadower.executions (workspace_id, started_at, ended_at, execution_id,"
            " status, agent_id, input_tokens, cost_usd, user_rating) values (%s,"
            " 'epoch'::timestamptz + %s * '1 microsecond'::interval,"
            " 'epoch'::timestamptz + %s * '1 microsecond'::interval, %s, %s, %s, %s, %s, %s)",
            [
                *(WORKSPACE, known["started_at"], known["ended_at"], item.id, known["status"]),
                *(known["agent_id"], known["input_tokens"], known["cost_usd"], None),
            ],
        )
        if key:
            self._connection.execute(
                "insert into shadower.execution_keys select workspace_id, execution_id, started_at"
                " from shadower.executions where execution_id = %s",
                [item.id],
            )

    def ledger(self, kind: str, stored: int, duplicate: int = 0, rejected: int = 0) -> None:
        self._connection.execute(
            "insert into shadower.ledger values"
            " (%s, date_trunc('hour', now()), %s, %s, %s, 0, %s, %s)",
            [WORKSPACE, kind, stored + duplicate + rejected, stored, duplicate, rejected],
        )

    def published(self) -> str:
        query = "insert into shadower.outbox (workspace_id, type) values (%s, 't')"
        [row] = self._connection.execute(f"{query} returning event_id", [WORKSPACE]).fetchall()
        return str(row[0])


def some_point(seed: int = 1) -> Item:
    return ItemMaker(f"p{seed}", Random(seed), NOW).items(1, ["metric_point"])[0]


def some_run() -> Run:
    return Run("run", NOW, NOW, tokens=8)


async def acknowledge(diary: Diary, *items: Item) -> None:
    diary.send(WORKSPACE, items)
    diary.count_try(WORKSPACE, items)
    await diary.acknowledge(WORKSPACE, items)


async def test_what_is_as_it_was_sent_is_clean(diary: Diary, stored: Stored, verdicts: Any) -> None:
    await acknowledge(diary, some_point(), some_run().version(FINISHED))
    stored.point(some_point())
    stored.ledger("metric_point", 1)
    stored.execution(some_run().version(FINISHED))
    stored.ledger("execution", 1)
    assert verdicts() == set()


async def test_what_was_never_acknowledged_may_be_there_or_not(
    diary: Diary, stored: Stored, verdicts: Any
) -> None:
    for item in (some_point(1), some_point(2)):
        diary.send(WORKSPACE, [item])
        diary.count_try(WORKSPACE, [item])
    stored.point(some_point(1))
    stored.ledger("metric_point", 1)
    assert verdicts() == set()


async def test_something_acknowledged_is_not_there(diary: Diary, verdicts: Any) -> None:
    await acknowledge(diary, some_point())
    assert verdicts() == {"lost", "miscounted"}


async def test_something_is_there_twice(diary: Diary, stored: Stored, verdicts: Any) -> None:
    item = some_point()
    await acknowledge(diary, item, item)
    stored.point(item)
    stored.point(item, occurred_at=item.content["occurred_at"] + 1)  # type: ignore[index]
    stored.ledger("metric_point", 2)
    assert verdicts() == {"double", "wrong"}


async def test_something_is_there_that_nobody_sent(stored: Stored, verdicts: Any) -> None:
    stored.point(some_point())
    assert verdicts() == {"made_up", "wrong", "unbalanced"}


async def test_a_value_is_another(diary: Diary, stored: Stored, verdicts: Any) -> None:
    await acknowledge(diary, some_point())
    stored.point(some_point(), value=-1)
    stored.ledger("metric_point", 1)
    assert verdicts() == {"wrong"}


async def test_an_acknowledged_end_of_a_run_is_forgotten(
    diary: Diary, stored: Stored, verdicts: Any
) -> None:
    await acknowledge(diary, some_run().version(RUNNING), some_run().version(FINISHED))
    stored.execution(some_run().version(RUNNING))
    stored.ledger("execution", 1, duplicate=1)
    assert verdicts() == {"wrong"}


async def test_a_run_lies_where_its_key_does_not_say(
    diary: Diary, stored: Stored, verdicts: Any
) -> None:
    await acknowledge(diary, some_run().version(RUNNING))
    stored.execution(some_run().version(RUNNING), key=False)
    stored.ledger("execution", 1)
    assert verdicts() == {"misplaced"}


@pytest.mark.parametrize(
    ("counted", "found"),
    [
        ({"stored": 2}, {"unbalanced", "miscounted"}),
        ({"stored": 0, "duplicate": 1}, {"unbalanced"}),
        ({"stored": 1, "duplicate": 1}, {"miscounted"}),
        ({"stored": 1, "rejected": 1}, {"miscounted"}),
    ],
)
async def test_the_ledger_counts_wrongly(
    counted: dict[str, int], found: set[str], diary: Diary, stored: Stored, verdicts: Any
) -> None:
    await acknowledge(diary, some_point())
    stored.point(some_point())
    stored.ledger("metric_point", **counted)
    assert verdicts() == found


async def test_a_group_was_not_told_what_happened(
    stored: Stored, verdicts: Any, tmp_path: Path
) -> None:
    told, silent = tmp_path / "told", tmp_path / "silent"
    silent.touch()
    told.write_text(f"{stored.published()}\n")
    assert verdicts(told=told) == set()
    assert verdicts(told=told, silent=silent) == {"undelivered"}
