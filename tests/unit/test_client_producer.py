"""The client's producer where something else fails: the spool, the program, the configuration."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsResponse
from shadower.ingest.v1.record_result_pb2 import RecordOutcome, RecordResult
from shadower_client import (
    BufferFull,
    Client,
    Execution,
    ExecutionStatus,
    ProducerSettings,
    ShadowerError,
    SpoolInUse,
)
from shadower_client.producing.buffer import Encoded, Entry, MemoryBuffer
from shadower_client.producing.delivery import Delivered, Delivery
from shadower_client.producing.sender import Sender
from shadower_client.producing.spool import Spool
from shadower_client.producing.waiting import Waiting

from services.runtime import faults
from services.runtime.status import to_status
from tests.support.client_server import Scripted, scripted

BEGAN = datetime(2026, 1, 2, 9, tzinfo=UTC)
DONE = RecordExecutionsResponse()
SETTINGS: Any = {"batch_seconds": 0.0, "longest_pause_seconds": 0.05}


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as running:
        running.script = [DONE]
        yield running


@pytest.fixture
def client(server: Scripted) -> Iterator[Client]:
    with Client(server.address, token="t", workspace="acme") as opened:
        yield opened


@pytest.fixture
def nobody() -> Iterator[Client]:
    """A client of a server that is not there."""
    with Client("127.0.0.1:1", token="t", workspace="acme") as opened:
        yield opened


def execution(number: int, start_time: datetime = BEGAN) -> Execution:
    return Execution(
        execution_id=f"run-{number}",
        agent_id="support",
        status=ExecutionStatus.SUCCEEDED,
        start_time=start_time,
    )


def invalid(*fields: str) -> faults.InvalidArgument:
    told = [faults.FieldViolation(one, "breaks a rule") for one in fields]
    return faults.InvalidArgument("VALIDATION_FAILED", "invalid", violations=told)


def test_a_spool_that_fails_for_a_moment_stops_nothing(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer = client.producer(spool=tmp_path / "spool.db", **SETTINGS)
    buffer = producer._waiting._buffer
    first, failed = buffer.first, threading.Event()

    def fail_once(items: int, size: int) -> list[Entry]:
        if failed.is_set():
            return first(items, size)
        failed.set()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(buffer, "first", fail_once)
    producer.record(execution(1))
    assert producer.flush(20)
    assert failed.is_set()
    assert producer.counts().sent == 1


def test_flushing_ends_when_the_producer_is_closed(nobody: Client, tmp_path: Path) -> None:
    closed = nobody.producer(spool=tmp_path / "spool.db", close_seconds=0.0)
    closed.record(execution(1))
    closed.close()
    assert not closed.flush()
    lost = nobody.producer(close_seconds=0.0)
    lost.record(execution(1))
    lost.close()
    assert not lost.flush()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_flushing_ends_when_the_sender_has(server: Scripted, client: Client) -> None:
    server.script = [invalid("executions[0].user_id"), DONE]
    dying = client.producer(on_rejected=_exit, **SETTINGS)
    dying.record(execution(1))
    dying._sender.join(20)
    dying.record(execution(2))
    assert not dying.flush()


def _exit(fact: Any, why: ShadowerError) -> None:
    raise SystemExit


def test_a_child_does_not_wait_for_its_parents_sender(nobody: Client) -> None:
    producer = nobody.producer(close_seconds=0.0)
    producer._process -= 1  # As it is after a fork.
    with pytest.raises(ValueError, match="after the fork"):
        producer.flush()
    producer._process += 1


@pytest.mark.parametrize("is_spooled", [False, True])
def test_all_is_taken_or_nothing(nobody: Client, tmp_path: Path, is_spooled: bool) -> None:
    spool = tmp_path / "spool.db" if is_spooled else None
    settings: Any = {"max_items": 3, "when_full": "refuse", "close_seconds": 0.0}
    producer = nobody.producer(spool=spool, **settings)
    naive = execution(2, start_time=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        producer.record(execution(1), naive)
    producer.record(execution(1), execution(2))
    with pytest.raises(BufferFull, match="2 facts"):
        producer.record(execution(3), execution(4))
    with pytest.raises(ValueError, match="more than may ever wait"):
        producer.record(*map(execution, range(4)))
    counts = producer.counts()
    assert (counts.taken, counts.waiting, counts.refused) == (2, 2, 2)


def test_a_disk_takes_all_or_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    spool.put("acme", [Encoded("events", b"1")])
    spool._database.execute("PRAGMA max_page_count = 20")
    with pytest.raises(BufferFull, match="full"):
        spool.put("acme", [Encoded("events", b"x" * 1000) for _ in range(200)])
    spool.put("acme", [Encoded("events", b"2")])
    assert (spool.items, spool.size, spool.last) == (2, 2, 2)
    assert [one.body for one in spool.first(10, 100)] == [b"1", b"2"]
    spool.close()


def test_a_disk_without_room_lets_a_spool_drain(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    spool.put("acme", [Encoded("events", body) for body in (b"1", b"2", b"3")])
    spool._database.execute("PRAGMA query_only = ON")  # Fails as a full disk does.
    spool.remove(spool.first(2, 100))
    assert [one.body for one in spool.first(10, 100)] == [b"3"]
    assert (spool.items, spool.size) == (1, 1)
    spool._database.execute("PRAGMA query_only = OFF")
    spool.close()
    again = Spool(tmp_path / "spool.db")
    assert (again.items, again.size, again.last) == (1, 1, 3)
    again.close()


def test_a_spool_is_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    spool.put("acme", [Encoded("events", b"1")])
    assert {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {0o600}
    with pytest.raises(SpoolInUse):
        Spool(path)
    spool.close()
    with pytest.raises(FileNotFoundError):
        Spool(tmp_path / "nowhere" / "spool.db")
    path.write_bytes(b"no database, but a text that is long enough to be looked at " * 20)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        Spool(path)


def test_each_refusal_is_told(
    server: Scripted, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    rejected = RecordOutcome.RECORD_OUTCOME_REJECTED
    error = to_status(invalid("executions[0].user_id"))
    results = [RecordResult(index=at, outcome=rejected, error=error) for at in (0, 2)]
    server.script = [RecordExecutionsResponse(results=results)]
    told: list[Execution] = []

    def fail(fact: Any, why: ShadowerError) -> None:
        told.append(fact)
        raise RuntimeError("the program's own")

    producer = client.producer(on_rejected=fail, **SETTINGS)
    producer.record(*map(execution, range(3)))
    assert producer.flush(20)
    producer.close()
    assert told == [execution(0), execution(2)]
    assert (producer.counts().sent, producer.counts().rejected) == (1, 2)
    assert caplog.text.count("could not be handed back") == 2


def test_each_fact_of_a_refused_call_is_told_its_own(server: Scripted, client: Client) -> None:
    server.script = [invalid("executions[0].user_id", "executions[1].model")]
    told: list[tuple[Any, ShadowerError]] = []
    producer = client.producer(on_rejected=lambda fact, why: told.append((fact, why)), **SETTINGS)
    producer.record(*map(execution, range(3)))
    assert producer.flush(20)
    producer.close()
    assert [fact for fact, _ in told] == [execution(0), execution(1), execution(2)]
    assert [[one.field for one in why.violations] for _, why in told] == [
        ["executions[0].user_id"],
        ["executions[1].model"],
        [],
    ]
    assert [why.message for _, why in told] == [
        "executions[0].user_id: breaks a rule",
        "executions[1].model: breaks a rule",
        "executions[2] was refused with all of its call; others are explained",
    ]
    assert {why.reason for _, why in told} == {"VALIDATION_FAILED"}


def test_a_wrong_configuration_discards_nothing(
    server: Scripted, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = invalid("workspace_id")
    server.script = [wrong, wrong, faults.PermissionDenied("PERMISSION_DENIED", "not yours"), DONE]
    producer = client.producer(**SETTINGS)
    producer.record(execution(1))
    assert producer.flush(20)
    counts = producer.counts()
    assert (counts.sent, counts.rejected) == (1, 0)
    # Said when it begins, and when it is something else.
    assert caplog.text.count("facts wait") == 2


@dataclass
class Given:
    """Where facts are delivered to, until that is given up in the middle of a batch."""

    settings: ProducerSettings
    delivered: list[str] = field(default_factory=list)
    sender: Sender | None = None

    def deliver(self, entries: list[Entry]) -> Delivered:
        assert self.sender
        self.sender.give_up()
        self.delivered += [one.kind for one in entries]
        return Delivered(entries, [])

    def tell(self, delivered: Delivered) -> None:
        pass


def test_who_gives_up_makes_no_other_call() -> None:
    settings = ProducerSettings(batch_seconds=0.0)
    waiting, given = Waiting(MemoryBuffer(), settings), Given(settings)
    given.sender = Sender(waiting, cast(Delivery, given))
    waiting.put("acme", [Encoded("executions", b"1"), Encoded("events", b"2")], 0.0)
    given.sender.run()
    assert given.delivered == ["executions"]
    assert waiting.close() == 1
    waiting.done(Delivered([Entry(2, "acme", "events", b"2")], []))  # It comes too late.
    counts = waiting.counts()
    assert (counts.taken, counts.sent, counts.dropped, counts.waiting) == (2, 1, 1, 0)
