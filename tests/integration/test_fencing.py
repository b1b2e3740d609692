"""A writer that slept while another one took over finds the partition closed to it."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.ingest.writer.portion import PORTION_BYTES
from tests.support.keys import KeyRing
from tests.support.log import Log, entry, running_log
from tests.support.oracle import by_sql
from tests.support.recording import run
from tests.support.stack import Environment, Running, Stack
from tests.support.waiting import until

# Each is a portion of its own, so that a writer has the next ones in hand while it writes one.
ENTRIES, RUNS = 5, 80
LARGE = "x" * 4096


@pytest.fixture
async def log(kafka: str, stack: Stack, jwks_file: Path, tmp_path: Path) -> AsyncIterator[Log]:
    environment = Environment(stack.database_url, jwks_file, tmp_path)
    async with running_log(environment, kafka) as running:
        yield running


def end(*writers: Running) -> None:
    for one in writers:
        one.process.kill()
        one.process.wait(20)


def is_asleep(writer: Running) -> bool:
    """Whether it has stopped itself."""
    _, status = os.waitpid(writer.process.pid, os.WUNTRACED | os.WNOHANG)
    return os.WIFSTOPPED(status)


def counted(log: Log, workspace: str) -> tuple[Any, ...]:
    """By the ledger what came, was stored and was there already; by the facts what is there."""
    query = """select sum(received)::int, sum(stored)::int, sum(duplicate)::int,
        (select count(*)::int from executions where workspace_id = %s)
        from ledger where workspace_id = %s"""
    [row] = by_sql(log.environment.database_url, query, workspace, workspace)
    return row


async def test_a_zombie_writes_nothing_of_what_another_one_wrote(
    log: Log, keys: KeyRing, workspace: str
) -> None:
    """It falls asleep between two portions, and goes on with the second where it was."""
    for number in range(ENTRIES):
        runs = [run(f"{number}-{one}", error_message=LARGE) for one in range(RUNS)]
        value = entry(workspace, executions=runs).SerializeToString()
        assert len(value) > PORTION_BYTES
        await log.append(workspace, value)
    zombie = log.writer(("SHADOWER_FAILPOINTS", "record.committed=pause@1"))
    heir = None
    try:
        await until(lambda: is_asleep(zombie))
        assert log.position() == 1
        heir = log.writer()
        await log.until_written()
        assert counted(log, workspace) == (400, 400, 0, 400)
        zombie.process.send_signal(signal.SIGCONT)
        await until(lambda: "FencedError" in zombie.log.read_text())
        await log.record(keys.metadata(workspace), workspace, run("last"))
        await log.until_written()
    finally:
        end(*filter(None, (zombie, heir)))
    assert counted(log, workspace) == (401, 401, 0, 401)
