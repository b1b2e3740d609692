"""How what is set becomes known to a process that decides."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from shadower.limits.v1.limits_service_pb2 import GetUsageRequest, UpdateLimitRequest
from structlog.testing import capture_logs

from gateway.limits.counters import OwnCounters
from gateway.limits.following import ANEW_SECONDS, Following
from gateway.limits.lease import NO_LENDING, Lending
from gateway.limits.limit import DEFAULTS, Budget, Limit, Scope
from gateway.limits.limiter import Limiter
from gateway.limits.overrides import Overrides
from gateway.limits.servicer import LimitsServicer
from services.runtime.background import in_background
from services.runtime.faults import ResourceExhausted, Unavailable
from services.runtime.pool import LIMITER_ROLE, Pool, connect, open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.limits.changes import LimitChanges, SetLimit
from services.warehouse.limits.setting import list_limits, set_limit, unset_limit
from tests.support.bus import settings_of

USER = Scope.USER


@pytest.fixture
def told(database_url: str, jwks_file: Path) -> Settings:
    return settings_of(database_url)


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def database(told: Settings, opened: AsyncExitStack) -> Database:
    return Database(await opened.enter_async_context(open_pool(told)))


@pytest.fixture
async def everywhere(told: Settings, opened: AsyncExitStack) -> Pool:
    return await opened.enter_async_context(open_pool(told, LIMITER_ROLE))


@pytest.fixture
def overrides(everywhere: Pool) -> Overrides:
    return Overrides(LimitChanges(everywhere))


async def set_in(database: Database, workspace: str, amount: int, seconds: int = 60) -> None:
    async with database.writing(workspace) as session:
        await set_limit(session, "exports", USER, amount, seconds)


async def test_limits_of_all_workspaces_become_known(
    database: Database, overrides: Overrides
) -> None:
    assert await overrides.trouble()
    for number, workspace in enumerate(("w1", "w2", "w3"), 1):
        await set_in(database, workspace, number)
    await overrides.look()
    assert await overrides.trouble() == ""
    known = [overrides.limit(workspace, "exports", USER) for workspace in ("w1", "w2", "w3", "w4")]
    assert known == [Limit(1, 60), Limit(2, 60), Limit(3, 60), DEFAULTS["exports"]]
    async with database.writing("w1") as session:
        await unset_limit(session, "exports", USER)
    await set_in(database, "w2", 9, 10)
    await overrides.look()
    known = [overrides.limit(workspace, "exports", USER) for workspace in ("w1", "w2", "w3")]
    assert known == [DEFAULTS["exports"], Limit(9, 10), Limit(3, 60)]
    assert overrides.limit("w2", "exports", Scope.WORKSPACE) == DEFAULTS["exports"]


async def test_what_was_begun_before_a_look_and_committed_after_it_is_not_missed(
    database: Database, overrides: Overrides
) -> None:
    async with database.writing("slow") as session:
        await set_limit(session, "exports", USER, 7, 60)
        await set_in(database, "fast", 8)
        await overrides.look()
        assert overrides.limit("fast", "exports", USER) == Limit(8, 60)
        assert overrides.limit("slow", "exports", USER) == DEFAULTS["exports"]
    await overrides.look()
    assert overrides.limit("slow", "exports", USER) == Limit(7, 60)


def restore(database_url: str, workspace: str) -> None:
    """To a past in which another workspace had a limit, by a transaction of long ago."""
    with psycopg.connect(database_url) as connection:
        connection.execute("delete from shadower.limits")
        connection.execute(
            """insert into shadower.limits (workspace_id, limit_class, scope, amount, seconds, txid)
            values (%s, 'exports', 'user', 4, 60, '3')""",
            [workspace],
        )


@pytest.mark.parametrize("after", ["a minute", "a failure"])
async def test_a_database_that_was_restored_is_read_anew(
    database: Database, everywhere: Pool, database_url: str, after: str
) -> None:
    changes, now, is_away = LimitChanges(everywhere), 0.0, False

    async def since(position: int) -> tuple[Sequence[SetLimit], int]:
        if is_away:
            raise Unavailable("DATABASE_UNAVAILABLE", "it is away")
        return await changes.since(position)

    following = Following(since, clock=lambda: now)
    await set_in(database, "w1", 1)
    assert await following.news() == ([SetLimit("w1", "exports", "user", 1, 60)], True)
    restore(database_url, "w2")
    now = ANEW_SECONDS - 1
    assert await following.news() == ([], False)
    if after == "a minute":
        now = ANEW_SECONDS
    else:
        is_away = True
        with pytest.raises(Unavailable):
            await following.news()
        is_away = False
    assert await following.news() == ([SetLimit("w2", "exports", "user", 4, 60)], True)
    assert await following.news() == ([], False)


async def test_limits_that_a_restored_database_does_not_have_hold_no_more(
    database: Database,
    overrides: Overrides,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.limits.following.ANEW_SECONDS", 0)
    await set_in(database, "w1", 1)
    await overrides.look()
    restore(database_url, "w2")
    await overrides.look()
    known = [overrides.limit(workspace, "exports", USER) for workspace in ("w1", "w2")]
    assert known == [DEFAULTS["exports"], Limit(4, 60)]


async def test_only_what_changed_is_read_again(database: Database, everywhere: Pool) -> None:
    changes = LimitChanges(everywhere)
    await set_in(database, "w1", 1)
    first, position = await changes.since(0)
    await set_in(database, "w1", 1)
    again, position = await changes.since(position)
    await set_in(database, "w1", 2)
    last, position = await changes.since(position)
    assert (list(first), list(again)) == ([SetLimit("w1", "exports", "user", 1, 60)], [])
    assert list(last) == [SetLimit("w1", "exports", "user", 2, 60)]


async def test_a_workspace_sees_its_own_limits(database: Database) -> None:
    await set_in(database, "w1", 1)
    async with database.reading("w2") as session:
        assert await list_limits(session) == []
        assert await session.connection.fetch("select * from limits") == []


NOT_ALLOWED = (
    "insert into limits (workspace_id, limit_class, scope) values ('w', 'exports', 'user')",
    "update limits set amount = 1",
    "delete from limits",
    "select * from executions",
    "select * from outbox",
)


async def test_who_decides_changes_nothing_and_sees_nothing_else(told: Settings) -> None:
    connection = await connect(told, LIMITER_ROLE)
    try:
        for statement in NOT_ALLOWED:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


class Failing:
    """Changes that cannot be read, but for some looks."""

    def __init__(self, looks: Callable[[int], bool]) -> None:
        self.asked = 0
        self._looks = looks

    async def since(self, position: int) -> tuple[list[SetLimit], int]:
        self.asked += 1
        if not self._looks(self.asked):
            raise Unavailable("DATABASE_UNAVAILABLE", "it is away")
        return [SetLimit("w", "exports", "user", self.asked, 60)], position


async def test_what_is_known_stays_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.limits.overrides.POLL_SECONDS", 0)
    changes: Any = Failing(lambda asked: asked == 1)
    overrides = Overrides(changes)
    with capture_logs() as logs:
        async with in_background(overrides.follow()):
            while changes.asked < 5:  # noqa: ASYNC110 - it waits for another task
                await asyncio.sleep(0)
    assert overrides.limit("w", "exports", USER) == Limit(1, 60)
    assert await overrides.trouble() == ""
    assert len(logs) == 1


async def test_there_is_an_end_to_what_can_be_set(database: Database) -> None:
    changes: Any = Failing(lambda _: True)
    overrides = Overrides(changes, most=1)
    assert overrides.have_room_for("another", "exports", USER)
    await overrides.look()
    assert not overrides.have_room_for("another", "exports", USER)
    assert overrides.have_room_for("w", "exports", USER)
    no_quotas: Any = None
    servicer: Any = LimitsServicer(database, overrides, no_quotas, Limiter(OwnCounters(), None))
    request = UpdateLimitRequest(workspace_id="another", limit_class=4, scope=2, amount=1)
    with pytest.raises(ResourceExhausted) as refused:
        await servicer.UpdateLimit(request, None)
    assert refused.value.reason == "TOO_MANY_LIMITS"


class Away:
    """Counters of nobody."""

    async def charge(
        self, budgets: Sequence[Budget], cost: int, lending: Lending = NO_LENDING
    ) -> None:
        return None


async def test_usage_that_nobody_knows_is_not_made_up(
    database: Database, overrides: Overrides
) -> None:
    no_quotas: Any = None
    servicer: Any = LimitsServicer(database, overrides, no_quotas, Limiter(OwnCounters(), Away()))
    with pytest.raises(Unavailable) as refused:
        await servicer.GetUsage(GetUsageRequest(workspace_id="w", subject="ann"), None)
    assert refused.value.reason == "USAGE_UNAVAILABLE"
