"""Answers that a replica gives: true as of a moment that they name, or the primary gives them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from google.protobuf.duration_pb2 import Duration

from services.runtime.freshness import OutdatedSourceError, content_with
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import measuring
from services.warehouse.database import Database
from services.warehouse.replica import MARK_SECONDS, open_replica
from tests.support.bus import settings_of
from tests.support.keys import KeyRing
from tests.support.postgres import Server
from tests.support.replica import Copy, running_copy
from tests.support.runs import Client, interval, run
from tests.support.stack import Environment, Stubs, not_here, ready, start, stop
from tests.support.waiting import until

THEN = datetime.now(UTC) - timedelta(days=3)
COUNT = {"metrics": ["executions"]}
DAY = timedelta(days=1)
# Longer than two looks at the primary, and what a busy machine needs.
FOLLOWED_SECONDS = 4.0
NOBODY = "postgresql://nobody@127.0.0.1:1/none"
AGE = "shadower.replica.age"
AT_ONCE = {"max_staleness": Duration()}
ADD = """
    insert into shadower.workspaces (workspace_id, revision) values ($1, 1)
    on conflict (workspace_id) do update set revision = workspaces.revision + 1
    returning revision
"""


@pytest.fixture(scope="module")
def primary_url(postgres: Server, template: str) -> str:
    return postgres.create(template)


@pytest.fixture(scope="module")
def copy(postgres: Server, primary_url: str, tmp_path_factory: Any) -> Iterator[Copy]:
    with running_copy(postgres, tmp_path_factory.mktemp("copy")) as copy:
        yield copy


@pytest.fixture
async def database(primary_url: str, copy: Copy, jwks_file: Path) -> AsyncIterator[Database]:
    async with reading_of(primary_url, copy.url_of(primary_url), jwks_file) as database:
        yield database


@asynccontextmanager
async def reading_of(url: str, read_url: str, jwks_file: Path) -> AsyncIterator[Database]:
    settings = Settings(DATABASE_URL=url, DATABASE_READ_URL=read_url, jwks_file=jwks_file)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings))
        replica = await stack.enter_async_context(open_replica(settings, pool))
        yield Database(pool, replica=replica)


async def is_replica(database: Database, workspace: str, seconds: float) -> bool:
    """Whether one who is content with so old an answer reads there."""
    with content_with(time.monotonic() - seconds):
        async with database.reading(workspace) as session:
            return bool(await session.connection.fetchval("select pg_is_in_recovery()"))


async def until_followed(database: Database, workspace: str) -> None:
    await until(lambda: is_replica(database, workspace, FOLLOWED_SECONDS))


async def test_who_is_content_with_less_reads_at_the_replica(
    database: Database, workspace: str
) -> None:
    await until_followed(database, workspace)
    assert not await is_replica(database, workspace, 0)
    async with database.reading(workspace) as session:
        assert not await session.connection.fetchval("select pg_is_in_recovery()")


async def test_as_of_is_kept_while_others_write(
    database: Database, primary_url: str, workspace: str
) -> None:
    """By the primary's clock: what was acknowledged before is there."""
    await until_followed(database, workspace)
    connection = await asyncpg.connect(primary_url)
    acknowledged: list[tuple[datetime, int]] = []
    moments: list[datetime] = []
    ends_at = time.monotonic() + 2
    try:
        while time.monotonic() < ends_at:
            revision = await connection.fetchval(ADD, workspace)
            acknowledged.append((await connection.fetchval("select clock_timestamp()"), revision))
            asked = time.monotonic()
            with content_with(asked - FOLLOWED_SECONDS) as freshness:
                async with database.reading(workspace) as session:
                    is_copy = await session.connection.fetchval("select pg_is_in_recovery()")
            assert session.revision >= max(
                [0, *(n for at, n in acknowledged if at < session.as_of)]
            )
            assert session.complete_until == session.as_of
            assert asked - freshness.moment(time.monotonic()) <= FOLLOWED_SECONDS
            moments += [session.as_of] if is_copy else []
    finally:
        await connection.close()
    assert len(set(moments)) > 1, "hardly any of the answers was a replica's"
    assert moments == sorted(moments)


async def test_a_replica_that_lags_is_left_alone(
    database: Database, copy: Copy, primary_url: str, workspace: str
) -> None:
    await until_followed(database, workspace)
    connection = await asyncpg.connect(primary_url)
    with copy.halted():
        await connection.fetchval(ADD, workspace)
        await asyncio.sleep(2 * MARK_SECONDS)
        await until(lambda: is_replica(database, workspace, 60))
        assert not await is_replica(database, workspace, MARK_SECONDS)
        with content_with(time.monotonic() - MARK_SECONDS):
            async with database.reading(workspace) as session:
                assert session.revision == 1
        await until(lambda: is_behind(database, workspace))
    await connection.close()
    await until_followed(database, workspace)


async def is_behind(database: Database, workspace: str) -> bool:
    with content_with(time.monotonic() - 60):
        async with database.reading(workspace) as session:
            return session.revision == 0


async def test_how_old_a_replica_is_is_known_also_while_nobody_asks_it(
    copy: Copy, primary_url: str, jwks_file: Path, workspace: str
) -> None:
    with measuring(settings_of(primary_url), "test") as opened:

        async def has_age(least: float, most: float) -> bool:
            return any(least <= age < most for _, age in opened.looked_at(AGE))

        async with reading_of(primary_url, copy.url_of(primary_url), jwks_file):
            await until(partial(has_age, 0, FOLLOWED_SECONDS))
            connection = await asyncpg.connect(primary_url)
            with copy.halted():
                await connection.fetchval(ADD, workspace)
                await until(partial(has_age, FOLLOWED_SECONDS, 60))
            await connection.close()
            await until(partial(has_age, 0, FOLLOWED_SECONDS))


async def test_nobody_knows_how_old_a_replica_is_that_is_away(
    primary_url: str, jwks_file: Path
) -> None:
    with measuring(settings_of(primary_url), "test") as opened:
        async with reading_of(primary_url, NOBODY, jwks_file):
            await asyncio.sleep(2 * MARK_SECONDS)
            assert not list(opened.looked_at(AGE))


async def test_workspaces_are_kept_apart_there_too(
    database: Database, primary_url: str, workspace: str
) -> None:
    other = f"{workspace}-other"
    connection = await asyncpg.connect(primary_url)
    for name in (workspace, other):
        await connection.fetchval(ADD, name)
    await connection.close()
    await until_followed(database, workspace)
    for name in (workspace, other):
        await until(lambda name=name: is_alone_there(database, name))


async def is_alone_there(database: Database, workspace: str) -> bool:
    """Once the replica has answered; whoever does, there is no other."""
    with content_with(time.monotonic() - FOLLOWED_SECONDS):
        async with database.reading(workspace) as session:
            found = await session.connection.fetch("select workspace_id from workspaces")
            is_there = await session.connection.fetchval("select pg_is_in_recovery()")
    assert [row["workspace_id"] for row in found] == [workspace]
    return bool(is_there)


async def test_who_loses_the_replica_half_way_is_told_to_begin_again(
    database: Database, copy: Copy, workspace: str
) -> None:
    await until_followed(database, workspace)

    async def losing_it() -> None:
        async with database.reading(workspace) as session:
            pid = await session.connection.fetchval("select pg_backend_pid()")
            copy.execute(f"select pg_terminate_backend({pid})")
            await session.connection.fetchval("select 1")

    with content_with(time.monotonic() - FOLLOWED_SECONDS), pytest.raises(OutdatedSourceError):
        await losing_it()
    await until_followed(database, workspace)


@pytest.mark.parametrize("where", ["nobody", "primary"])
async def test_without_a_replica_the_primary_answers(
    primary_url: str, jwks_file: Path, workspace: str, where: str
) -> None:
    there = {"nobody": NOBODY, "primary": primary_url}[where]
    async with reading_of(primary_url, there, jwks_file) as database:
        await asyncio.sleep(2 * MARK_SECONDS)
        for _ in range(5):
            assert not await is_replica(database, workspace, 60)


@pytest.fixture
async def client(
    primary_url: str, copy: Copy, keys: KeyRing, jwks_file: Path, tmp_path: Path
) -> AsyncIterator[Client]:
    extra = (
        ("DATABASE_READ_URL", copy.url_of(primary_url)),
        ("SHADOWER_CACHE_STALENESS_SECONDS", "60"),
    )
    environment = Environment(primary_url, jwks_file, tmp_path, extra)
    running = [start(name, environment) for name in ("ingest", "metrics")]
    try:
        await asyncio.gather(*map(ready, running))
        channels = {one.name: one.channel() for one in running}
        elsewhere = dict.fromkeys(
            ("aggregates", "workspaces", "agents", "relay"), channels["ingest"]
        )
        stubs = Stubs({**elsewhere, **channels, **not_here(channels["ingest"])})
        yield Client.of_new_workspace(stubs, keys)
        await asyncio.gather(*(channel.close() for channel in channels.values()))
    finally:
        for service in running:
            stop(service)


async def test_callers_get_what_they_are_content_with(client: Client, copy: Copy) -> None:
    """Each question is asked for the first time, so that no answer is remembered."""

    async def runs(day: int, **fresh: Any) -> tuple[int, datetime]:
        asked = interval(THEN - day * DAY, THEN + DAY)
        answer = await client.metrics(**COUNT, interval=asked, **fresh)
        found = [point.value.integer for one in answer.time_series for point in one.points]
        return sum(found), answer.as_of.ToDatetime(UTC)

    await client.record([run("a", THEN)])
    assert (await runs(1, **AT_ONCE))[0] == 1
    await asyncio.sleep(4 * MARK_SECONDS)
    with copy.halted():
        before = datetime.now(UTC)
        await client.record([run("b", THEN)])
        # A machine that is busy may find the replica too slow, and ask the primary.
        for day in range(5, 65):
            count, as_of = await runs(day)
            assert (count == 1) == (as_of < before)
            if count == 1:
                break
            await asyncio.sleep(0.2)
        assert count == 1, "the replica has never been asked"
        count, as_of = await runs(3, **AT_ONCE)
        assert (count, as_of > before) == (2, True)
    copy.stop()
    try:
        assert (await runs(4))[0] == 2
    finally:
        copy.start()
