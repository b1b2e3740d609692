"""An arrival on its way into the log: as few entries as its size asks for, and nothing twice."""

from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.ingest.arrival import MAX_ENTRY_BYTES, Arrival, Part
from services.ingest.intake.log import _entries
from services.ingest.kinds import EVENTS, EXECUTIONS
from tests.support.recording import event, run


def entries(*parts: Part) -> list[LogRecord]:
    records = list(_entries(Arrival("w", parts, 0)))
    assert {record.key for record in records} == {b"w"}
    assert all(len(record.value) <= MAX_ENTRY_BYTES for record in records)
    return [LogRecord.FromString(record.value) for record in records]


def test_what_fits_is_one_entry() -> None:
    [record] = entries(Part(EXECUTIONS, [run("a"), run("b")], refused=3))
    assert [one.execution_id for one in record.executions] == ["a", "b"]
    assert record.rejected.executions == 3


def test_what_does_not_fit_is_several_in_order_and_refusals_count_once() -> None:
    large = MAX_ENTRY_BYTES // 4
    runs = [run(f"{number}", error_message="x" * large) for number in range(11)]
    records = entries(Part(EXECUTIONS, runs, refused=2), Part(EVENTS, [event(event_id="e")], 1))
    assert len(records) > 2
    assert [one.execution_id for r in records for one in r.executions] == [
        str(n) for n in range(11)
    ]
    assert [one.event_id for r in records for one in r.events] == ["e"]
    assert sum(r.rejected.executions for r in records) == 2
    assert sum(r.rejected.events for r in records) == 1
