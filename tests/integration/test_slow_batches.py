"""A batch that takes too long is nobody's trouble but its own sender's."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.ingest.arrival import Arrival, Part
from services.ingest.intake.backlog import Backlog
from services.ingest.intake.direct import DirectIntake
from services.ingest.kinds import EXECUTIONS
from services.runtime.background import in_background
from services.runtime.failpoints import Failpoints
from services.runtime.faults import DeadlineExceeded
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.facts.model import FactKind, Outcome
from services.warehouse.facts.recorder import Recorder
from services.warehouse.facts.staging import create_staging
from tests.support.health import NOT_SERVING, SERVING, becomes, health
from tests.support.locks import held_key
from tests.support.log import Log, entry, running_log
from tests.support.oracle import by_sql
from tests.support.recording import run
from tests.support.stack import Environment, Running, stop
from tests.support.waiting import until

WRITER = "shadower.ingest.Writer"
STORED = "select workspace_id, execution_id from executions where workspace_id like %s order by 1"
LEDGER = """select workspace_id, received, stored, duplicate, rejected from ledger
    where workspace_id like %s order by 1"""


@pytest.fixture
async def intake(database_url: str, jwks_file: Path) -> AsyncIterator[DirectIntake]:
    """Its lane is the test's to run."""
    given: dict[str, Any] = {"DATABASE_URL": database_url, "jwks_file": jwks_file}
    settings = Settings(**given, statement_timeout_seconds=0.5)
    async with open_pool(settings, prepare=create_staging) as pool:
        yield DirectIntake(Recorder(Database(pool), Failpoints()), Backlog(1000, 10**6))


async def test_in_a_group_the_others_are_stored_all_the_same(
    intake: DirectIntake, database_url: str
) -> None:
    names = ["w-0", "w-1", "w-slow", "w-3", "w-4"]
    arrivals = [Arrival(name, [Part(EXECUTIONS, [run("a")])], 100) for name in names]
    taken = [asyncio.create_task(intake.take(one)) for one in arrivals]
    await asyncio.sleep(0)
    with held_key(database_url, "w-slow", "a"):
        async with in_background(intake.run_lane()), asyncio.timeout(20):
            told = await asyncio.gather(*taken, return_exceptions=True)
            slow = told.pop(2)
            assert isinstance(slow, DeadlineExceeded)
            for one in told:
                assert not isinstance(one, BaseException)
                assert [r.outcome for r in one[FactKind.EXECUTION]] == [Outcome.STORED]
    del names[2]
    assert by_sql(database_url, STORED, "w-%") == [(name, "a") for name in names]
    assert by_sql(database_url, LEDGER, "w-%") == [(name, 1, 1, 0, 0) for name in names]


@pytest.fixture
async def log(kafka: str, database_url: str, jwks_file: Path, tmp_path: Path) -> AsyncIterator[Log]:
    environment = Environment(database_url, jwks_file, tmp_path)
    async with running_log(environment, kafka) as running:
        yield running


@pytest.fixture
async def writer(log: Log) -> AsyncIterator[Any]:
    """Starts one without patience."""
    started: list[Running] = []

    def begin() -> Running:
        started.append(log.writer(("SHADOWER_STATEMENT_TIMEOUT_SECONDS", "0.5")))
        return started[0]

    yield begin
    for one in started:
        stop(one)


async def append(log: Log, *names: str) -> None:
    for name in names:
        await log.append(name, entry(name, executions=[run("a")]).SerializeToString())


async def test_in_the_log_what_is_beside_it_is_written_all_the_same(
    log: Log, writer: Any, database_url: str
) -> None:
    """What lies before it at once, what lies behind it later; none of it is put aside."""
    names = ["w-0", "w-1", "w-2-slow", "w-3", "w-4"]
    with held_key(database_url, "w-2-slow", "a"):
        await append(log, *names)
        writer()
        await until(lambda: log.position() == 2)
        assert by_sql(database_url, STORED, "w-%") == [("w-0", "a"), ("w-1", "a")]
    await log.until_written()
    assert by_sql(database_url, STORED, "w-%") == [(name, "a") for name in names]
    assert by_sql(database_url, LEDGER, "w-%") == [(name, 1, 1, 0, 0) for name in names]
    assert by_sql(database_url, "select count(*) from dead_letters") == [(0,)]


async def test_a_writer_says_that_it_is_held_up_as_long_as_it_is(
    log: Log, writer: Any, database_url: str
) -> None:
    begun = writer()
    await append(log, "w-0")
    await until(lambda: log.position() == 1)
    await becomes(begun, WRITER, SERVING)
    with held_key(database_url, "w-slow", "a"):
        await append(log, "w-slow")
        await becomes(begun, WRITER, NOT_SERVING)
        await asyncio.sleep(3)
        assert await health(begun, WRITER) == NOT_SERVING
        assert log.position() == 1
    await becomes(begun, WRITER, SERVING)
    assert log.position() == 2
