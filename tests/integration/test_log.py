"""The log and its writer: what is accepted is written once, what cannot be is put aside."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from psycopg.rows import dict_row
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceStub
from shadower.common.v1.execution_pb2 import ExecutionStatus
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import ReconcileRequest
from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.ingest.arrival import MAX_ENTRY_BYTES
from services.runtime.kafka import open_admin
from tests.support.dead_letters import Operator
from tests.support.errors import refusal
from tests.support.kafka import configuration, kafka_settings
from tests.support.keys import KeyRing
from tests.support.log import Log, entry, running_log, written
from tests.support.oracle import by_sql
from tests.support.recording import RUNNING, SUCCEEDED, outcomes, run
from tests.support.stack import Environment, Stack, ready, start, stop
from tests.support.waiting import until

# A length-delimited field of number 1000, as a newer schema might have it.
NEWER_FIELD = b"\xc2\x3e\x05newer"


@pytest.fixture
async def log(kafka: str, stack: Stack, jwks_file: Path, tmp_path: Path) -> AsyncIterator[Log]:
    environment = Environment(stack.database_url, jwks_file, tmp_path)
    async with running_log(environment, kafka) as running:
        yield running


def ids(log: Log, workspace: str) -> list[str]:
    query = "select execution_id from executions where workspace_id = %s order by 1"
    return [one for (one,) in by_sql(log.environment.database_url, query, workspace)]


def letters(log: Log) -> list[dict[str, Any]]:
    query = "select * from shadower.dead_letters where topic = %s order by position"
    with psycopg.connect(log.environment.database_url, row_factory=dict_row) as connection:
        return connection.execute(query, [log.topic]).fetchall()


def ledger(log: Log, workspace: str, kind: str = "%") -> tuple[int, ...]:
    query = """select sum(received)::int, sum(stored)::int, sum(updated)::int,
        sum(duplicate)::int, sum(rejected)::int
        from ledger where workspace_id = %s and kind::text like %s"""
    [row] = by_sql(log.environment.database_url, query, workspace, kind)
    return row


async def test_what_is_accepted_is_written_and_counted(
    log: Log, keys: KeyRing, workspace: str
) -> None:
    metadata = keys.metadata(workspace)
    first = await log.record(metadata, workspace, run("a", status=RUNNING), run("b"), run(""))
    assert outcomes(first.results) == ["accepted", "accepted", "rejected"]
    assert (first.counts.accepted, first.counts.rejected, first.counts.stored) == (2, 1, 0)
    await log.record(metadata, workspace, run("a", status=SUCCEEDED), run("b"), run("c"))
    assert ids(log, workspace) == []
    async with written(log):
        await log.until_written()
    assert ids(log, workspace) == ["a", "b", "c"]
    assert ledger(log, workspace) == (6, 3, 1, 1, 1)


def broken_entries(workspace: str) -> dict[str, tuple[str, bytes, str]]:
    """For each kind of poison its key, its value, and the reason that it is put aside for."""
    good = entry(workspace, executions=[run("x")])
    newer, none = LogRecord(), LogRecord()
    newer.CopyFrom(good)
    newer.schema_version = 2
    none.CopyFrom(good)
    none.schema_version = 0
    too_large = entry(workspace, executions=[run("x", error_message="x" * MAX_ENTRY_BYTES)])
    no_status = entry(workspace, executions=[run("x", status=0)])
    no_id = entry(
        workspace, executions=[Execution(status=ExecutionStatus.EXECUTION_STATUS_SUCCEEDED)]
    )
    refused = entry(workspace, executions=[run("x", error_message="\0")])
    return {
        "no protobuf": (workspace, b"\xff\xff\xff", "RECORD_MALFORMED"),
        "nothing": (workspace, b"", "SCHEMA_VERSION_UNKNOWN"),
        "another key": (f"{workspace}-2", good.SerializeToString(), "RECORD_MALFORMED"),
        "a key that is none": ("no/workspace", good.SerializeToString(), "RECORD_MALFORMED"),
        "newer": (workspace, newer.SerializeToString(), "SCHEMA_VERSION_UNKNOWN"),
        "no version": (workspace, none.SerializeToString(), "SCHEMA_VERSION_UNKNOWN"),
        "too large": (workspace, too_large.SerializeToString(), "MESSAGE_TOO_LARGE"),
        "no status": (workspace, no_status.SerializeToString(), "RECORD_MALFORMED"),
        "no id": (workspace, no_id.SerializeToString(), "RECORD_MALFORMED"),
        "refused": (workspace, refused.SerializeToString(), "RECORD_UNWRITABLE"),
    }


async def test_poison_is_put_aside_and_the_partition_moves_on(log: Log, workspace: str) -> None:
    wanted = []
    for number, (key, value, reason) in enumerate(broken_entries(workspace).values()):
        good = entry(workspace, executions=[run(f"good-{number}")])
        await log.append(workspace, good.SerializeToString())
        wanted.append((await log.append(key, value), reason, key.encode(), value))
    async with written(log):
        await log.until_written()
    found = letters(log)
    assert [(o["position"], o["reason"], o["key"], o["payload"]) for o in found] == wanted
    assert {(one["partition"], one["group_name"], one["source"]) for one in found} == {
        (0, "writer", "log")
    }
    homes = {"no/workspace": "shadower-system"}
    assert [one["workspace_id"] for one in found] == [
        homes.get(key.decode(), key.decode()) for _, _, key, _ in wanted
    ]
    assert ids(log, workspace) == sorted(f"good-{number}" for number in range(len(wanted)))
    unwritable = [one for one in found if one["reason"] == "RECORD_UNWRITABLE"]
    assert ledger(log, workspace, "execution") == (len(wanted) + 1, len(wanted), 0, 0, 1)
    assert len(unwritable) == 1
    for home in (workspace, f"{workspace}-2"):
        unread = [one for one in found if one["workspace_id"] == home and one not in unwritable]
        assert ledger(log, home, "unreadable") == (len(unread), 0, 0, 0, len(unread))


async def test_a_contradiction_is_put_aside_and_can_be_replayed_once(
    log: Log, keys: KeyRing, workspace: str
) -> None:
    metadata = keys.metadata(workspace)
    await log.record(metadata, workspace, run("a", model="one"))
    await log.record(metadata, workspace, run("a", model="other"), run("b"))
    async with written(log):
        await log.until_written()
        [letter] = letters(log)
        assert letter["reason"] == "EXECUTION_CONFLICT"
        kept = LogRecord.FromString(letter["payload"]).executions
        assert [(one.execution_id, one.model) for one in kept] == [("a", "other")]
        assert ledger(log, workspace) == (3, 2, 0, 0, 1)
        remove(log, workspace, "a")
        await replay(log, keys, workspace, letter["dead_letter_id"], times=2)
        await log.until_written()
        await until(lambda: ids(log, workspace) == ["a", "b"])
    assert ledger(log, workspace) == (5, 3, 0, 1, 1)


async def test_a_contradiction_that_is_sent_again_and_again_is_one_letter(
    log: Log, keys: KeyRing, workspace: str
) -> None:
    metadata, labels = keys.metadata(workspace), {f"k{n}": "v" for n in range(20)}
    await log.record(metadata, workspace, run("a", model="one"))
    contradiction = run("a", model="other", metadata=labels)
    async with written(log):
        for _ in range(3):
            await log.record(metadata, workspace, contradiction)
        await log.until_written()
        [letter] = letters(log)
        assert (letter["occurrences"], letter["replayed_at"]) == (3, None)
        await replay(log, keys, workspace, letter["dead_letter_id"], times=1)
        await log.until_written()
        [letter] = letters(log)
        assert (letter["occurrences"], letter["replayed_at"]) == (4, None)
        await log.record(metadata, workspace, run("a", model="a third"))
        await log.until_written()
    assert [one["occurrences"] for one in letters(log)] == [4, 1]
    assert ledger(log, workspace) == (6, 1, 0, 0, 5)


async def replay(log: Log, keys: KeyRing, workspace: str, letter_id: Any, times: int) -> None:
    """Through a relay that knows the log."""
    relay = start("relay", log.environment)
    try:
        await ready(relay)
        async with relay.channel() as channel:
            operator = Operator(DeadLettersServiceStub(channel), keys, workspace)
            for _ in range(times):
                [result] = await operator.replay(letter_id)
                assert result.HasField("replay_time")
    finally:
        stop(relay)


def remove(log: Log, workspace: str, execution_id: str) -> None:
    """What contradicts, by hand."""
    with psycopg.connect(log.environment.database_url) as connection:
        for table in ("executions", "execution_keys"):
            delete = f"delete from shadower.{table} where workspace_id = %s and execution_id = %s"
            connection.execute(delete, [workspace, execution_id])


async def test_a_newer_schemas_fields_change_nothing_for_an_older_reader(
    log: Log, keys: KeyRing, workspace: str
) -> None:
    plain, newer = f"{workspace}-plain", f"{workspace}-newer"
    item = run("a", model="m", input_tokens=7, cost_usd="0.5")
    extended = Execution.FromString(item.SerializeToString() + NEWER_FIELD)
    assert len(extended.SerializeToString()) > len(item.SerializeToString())
    value = entry(newer, executions=[extended]).SerializeToString() + NEWER_FIELD
    await log.append(plain, entry(plain, executions=[item]).SerializeToString())
    await log.append(newer, value)
    async with written(log):
        await log.until_written()
    query = """select execution_id, started_at, status::text, agent_id, model, input_tokens,
        cost_usd from executions where workspace_id = %s"""
    url = log.environment.database_url
    assert by_sql(url, query, plain) == by_sql(url, query, newer) != []
    assert ledger(log, plain) == ledger(log, newer) == (1, 1, 0, 0, 0)
    assert letters(log) == []


async def test_a_writer_that_dies_leaves_its_partition_to_another(
    log: Log, keys: KeyRing, workspace: str
) -> None:
    """It has written some by then, and Kafka waits out its session before the other one may."""
    metadata = keys.metadata(workspace)
    batches = [[run(f"{batch}-{n}") for n in range(100)] for batch in range(30)]
    writers = [log.writer()]
    try:
        for number, batch in enumerate(batches):
            await log.record(metadata, workspace, *batch)
            if number == 10:
                await until(lambda: log.position() > 0)
            if number == 15:
                writers[0].process.kill()
                writers.append(log.writer())
        await log.until_written()
    finally:
        for one in writers:
            one.process.kill()
            one.process.wait(20)
    wanted = sorted(one.execution_id for batch in batches for one in batch)
    assert ids(log, workspace) == wanted
    assert ledger(log, workspace) == (3000, 3000, 0, 0, 0)


async def test_a_log_that_was_made_anew_is_not_passed_over(log: Log, workspace: str) -> None:
    with psycopg.connect(log.environment.database_url) as connection:
        behind = (
            "insert into shadower.log_positions (topic, partition, next_offset) values (%s, 0, 9)"
        )
        connection.execute(behind, [log.topic])
    await log.append(workspace, entry(workspace, executions=[run("a")]).SerializeToString())
    async with written(log):
        await until(lambda: ids(log, workspace) == ["a"])
    assert log.position() == 1
    assert ledger(log, workspace) == (1, 1, 0, 0, 0)


async def test_a_log_that_was_deleted_is_made_anew_and_writing_goes_on(
    log: Log, kafka: str, keys: KeyRing, workspace: str
) -> None:
    metadata, settings = keys.metadata(workspace), kafka_settings(kafka)
    async with written(log):
        for number in range(3):
            await log.record(metadata, workspace, run(f"before-{number}"))
        await until(lambda: log.position() == 3)
        async with open_admin(settings) as admin:
            await admin.delete_topics([log.topic])
        # The log of one partition is now one of several: positions of a former life are no guide.
        await record_until_taken(log, metadata, workspace, run("after"))
        await until(lambda: "after" in ids(log, workspace))
        assert (await configuration(settings, log.topic))["retention.ms"] == "1209600000"
        again = await log.record(metadata, workspace, run("again"))
        assert outcomes(again.results) == ["accepted"]
        await until(lambda: "again" in ids(log, workspace))
    assert ids(log, workspace) == ["after", "again", *(f"before-{n}" for n in range(3))]


async def record_until_taken(log: Log, metadata: Any, workspace: str, item: Execution) -> None:
    """As a producer does that is told that the log is away."""
    async with asyncio.timeout(60):
        while await reason_to_wait(log.record(metadata, workspace, item)):  # noqa: ASYNC110
            await asyncio.sleep(1)


async def reason_to_wait(call: Awaitable[Any]) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return refusal(error).reason
    return ""


async def test_an_account_says_how_much_of_the_log_is_not_in_it_yet(
    log: Log, keys: KeyRing, workspace: str
) -> None:
    metadata = keys.metadata(workspace)
    assert await behind(log, metadata, workspace) == 0
    for number in range(3):
        await log.record(metadata, workspace, run(f"{number}"))
    await log.append("other", entry("other").SerializeToString())
    assert await behind(log, metadata, workspace) == 4
    async with written(log):
        await until(lambda: log.position() == 4)
        assert await behind(log, metadata, workspace) == 0
    await log.record(metadata, workspace, run("last"))
    assert await behind(log, metadata, workspace) == 1


async def behind(log: Log, metadata: Any, workspace: str) -> int:
    request = ReconcileRequest(workspace_id=workspace)
    answer = await log.ingest.Reconcile(request, metadata=metadata)
    assert answer.HasField("entries_behind")
    return int(answer.entries_behind)
