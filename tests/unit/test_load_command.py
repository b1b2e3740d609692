"""`shadower load` against a server that keeps what it is sent, and fails when told to."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from shadower.ingest.v1 import ingest_service_pb2 as pb
from shadower.ingest.v1.ingest_service_pb2_grpc import (
    IngestServiceServicer,
    add_IngestServiceServicer_to_server,
)
from shadower.ingest.v1.record_result_pb2 import RecordCounts, RecordOutcome, RecordResult
from typer.testing import CliRunner, Result

from cli.__main__ import app

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
EXAMPLES = ROOT / "examples"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


@dataclass
class Faults:
    """Ends the stream with a code instead of taking the batches of these numbers."""

    at: dict[int, grpc.StatusCode] = field(default_factory=dict)
    batches: int = 0

    def next(self) -> grpc.StatusCode | None:
        self.batches += 1
        return self.at.get(self.batches)


class KeepingServer(IngestServiceServicer):
    """Stores executions by id; refuses those without an agent."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}
        self.tokens: list[str] = []
        self.sizes: list[int] = []
        self.faults = Faults()

    def StreamRecords(self, request_iterator: Any, context: Any) -> Iterator[Any]:
        self.tokens.append(dict(context.invocation_metadata())["authorization"])
        for request in request_iterator:
            if code := self.faults.next():
                sleep(0.2)  # A failure overtakes acknowledgements that nobody has read yet.
                context.abort(code, "as told")
            self.sizes.append(len(request.executions))
            yield self._acknowledgement(request)

    def RecordExecutions(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    RecordMetricPoints = RecordEvents = RecordExecutions

    def _acknowledgement(self, request: Any) -> pb.StreamRecordsResponse:
        results = [self._result(*numbered) for numbered in enumerate(request.executions)]
        outcomes = [result.outcome for result in results]
        counts = RecordCounts(
            received=len(results),
            stored=outcomes.count(RecordOutcome.RECORD_OUTCOME_STORED),
            duplicate=outcomes.count(RecordOutcome.RECORD_OUTCOME_DUPLICATE),
            rejected=outcomes.count(RecordOutcome.RECORD_OUTCOME_REJECTED),
        )
        return pb.StreamRecordsResponse(
            sequence=request.sequence, executions=results, counts=counts
        )

    def _result(self, index: int, item: Any) -> RecordResult:
        if not item.agent_id:
            return _refused(index, item.execution_id)
        known = self.stored.setdefault(item.execution_id, item)
        new = known is item
        outcome = (
            RecordOutcome.RECORD_OUTCOME_STORED if new else RecordOutcome.RECORD_OUTCOME_DUPLICATE
        )
        return RecordResult(index=index, id=item.execution_id, outcome=outcome)


def _refused(index: int, execution_id: str) -> RecordResult:
    violation = BadRequest.FieldViolation(
        field=f"executions[{index}].agent_id", description="must not be empty"
    )
    detail = any_pb2.Any()
    detail.Pack(BadRequest(field_violations=[violation]))
    error = Status(code=3, message="no agent", details=[detail])
    return RecordResult(
        index=index,
        id=execution_id,
        outcome=RecordOutcome.RECORD_OUTCOME_REJECTED,
        error=error,
    )


@dataclass
class Loader:
    """The command, with a home and a server of its own."""

    server: KeepingServer
    address: str
    home: Path

    def __call__(self, *arguments: str, exit_code: int = 0) -> Result:
        common = ["--workspace", "demo", "--address", self.address, "--home", str(self.home)]
        result = CliRunner().invoke(app, ["load", *arguments, *common])
        assert result.exit_code == exit_code, result.output
        return result

    def report(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self(*arguments, "--json", exit_code=exit_code).stdout)
        return report

    def checkpoints(self) -> list[Path]:
        return sorted((self.home / "loads").glob("*.json"))


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[Loader]:
    keeping = KeepingServer()
    server = grpc.server(ThreadPoolExecutor(2))
    add_IngestServiceServicer_to_server(keeping, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    home = tmp_path / "home"
    CliRunner().invoke(app, ["token", "-w", "demo", "--home", str(home)])
    yield Loader(keeping, f"http://127.0.0.1:{port}", home)
    server.stop(None).wait()


def lines(path: Path, *rows: Any) -> str:
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(texts) + "\n")
    return str(path)


def run(number: int, **other: Any) -> dict[str, Any]:
    return {
        "execution_id": f"run-{number}",
        "agent_id": "a",
        "status": "succeeded",
        "started_at": "2025-01-01T00:00:00Z",
        **other,
    }


def outcome(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["stored"], report["duplicate"], report["rejected"]


@needs_data
def test_real_runs_are_stored_once_however_often_they_are_loaded(loader: Loader) -> None:
    arguments = (
        str(DATA / "agent_runs.jsonl"),
        "--mapping",
        str(EXAMPLES / "terminal_bench.toml"),
    )
    assert outcome(loader.report(*arguments)) == (1528, 43, 0)
    assert outcome(loader.report(*arguments)) == (0, 1571, 0)
    assert loader.checkpoints() == []


@needs_data
def test_runs_without_times_are_stored_at_the_time_that_is_given(loader: Loader) -> None:
    arguments = (
        str(DATA / "agent_runs_tokens.jsonl"),
        "--mapping",
        str(EXAMPLES / "terminal_bench_tokens.toml"),
        "--set",
        "start_time=2025-08-01T00:00:00Z",
    )
    assert outcome(loader.report(*arguments)) == (391, 0, 0)
    assert {item.start_time.seconds for item in loader.server.stored.values()} == {1754006400}


def test_broken_lines_are_named_and_the_rest_is_stored(loader: Loader, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "runs.jsonl",
        run(1),
        "{not json",
        "",
        run(2, agent_id=None),
        run(3, input_tokens="many"),
        run(4, status="exploded"),
        "[1, 2]",
        run(5),
    )
    rejects = tmp_path / "rejects.jsonl"
    report = loader.report(file, "--rejects", str(rejects), exit_code=1)
    assert outcome(report) == (2, 0, 5)
    assert [rejection["line"] for rejection in report["rejections"]] == [2, 4, 5, 6, 7]
    assert report["rejections"][1]["reason"] == "agent_id: must not be empty"
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [
        2,
        4,
        5,
        6,
        7,
    ]
    assert set(loader.server.stored) == {"run-1", "run-5"}


def test_a_report_for_people_names_counts_and_lines(loader: Loader, tmp_path: Path) -> None:
    file = lines(tmp_path / "runs.jsonl", run(1), "{", *["nothing"] * 24)
    shown = loader(file, exit_code=1).stdout.splitlines()
    assert shown[0] == "runs.jsonl: 26 rows: 1 stored, 0 updated, 0 duplicate, 25 rejected"
    assert shown[1].startswith("  line 2: not JSON: ")
    assert len(shown) == 1 + 20 + 1
    assert shown[-1] == "  … and 5 more: --rejects FILE lists them all"


def test_a_broken_stream_is_taken_up_where_it_was_acknowledged(
    loader: Loader, tmp_path: Path
) -> None:
    loader.server.faults = Faults({3: grpc.StatusCode.UNAVAILABLE})
    file = lines(tmp_path / "runs.jsonl", *map(run, range(50)))
    assert outcome(loader.report(file, "--batch-size", "10")) == (50, 0, 0)
    assert loader.server.sizes == [10] * 5
    assert len(loader.server.tokens) == 2


def test_an_interrupted_load_goes_on_after_the_last_acknowledged_batch(
    loader: Loader, tmp_path: Path
) -> None:
    file = lines(tmp_path / "runs.jsonl", "broken", *map(run, range(49)))
    arguments = (file, "--batch-size", "10")
    loader.server.faults = Faults({3: grpc.StatusCode.PERMISSION_DENIED})
    stopped = loader(*arguments, exit_code=3)
    assert "the token does not allow that: as told. 20 rows are done" in stopped.stderr
    assert len(loader.checkpoints()) == 1

    assert outcome(loader.report(*arguments, exit_code=1)) == (49, 0, 1)
    assert sum(loader.server.sizes) == 49
    assert loader.checkpoints() == []


def test_a_fresh_load_forgets_the_interrupted_one(loader: Loader, tmp_path: Path) -> None:
    file = lines(tmp_path / "runs.jsonl", *map(run, range(30)))
    loader.server.faults = Faults({2: grpc.StatusCode.PERMISSION_DENIED})
    loader(file, "--batch-size", "10", exit_code=3)
    assert outcome(loader.report(file, "--batch-size", "10", "--fresh")) == (20, 10, 0)


def test_a_refused_token_is_one_clear_line(loader: Loader, tmp_path: Path) -> None:
    loader.server.faults = Faults({1: grpc.StatusCode.UNAUTHENTICATED})
    refused = loader(lines(tmp_path / "runs.jsonl", run(1)), exit_code=3)
    assert refused.stderr == (
        f"shadower: {loader.address} refuses the token: as told. Nothing was stored.\n"
    )


def test_a_load_outlives_its_token(loader: Loader, tmp_path: Path) -> None:
    loader.server.faults = Faults({3: grpc.StatusCode.UNAUTHENTICATED})
    file = lines(tmp_path / "runs.jsonl", *map(run, range(50)))
    assert outcome(loader.report(file, "--batch-size", "10")) == (50, 0, 0)
    assert len(set(loader.server.tokens)) == 2


def test_a_changed_file_is_another_load(loader: Loader, tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    loader.server.faults = Faults({2: grpc.StatusCode.PERMISSION_DENIED})
    loader(lines(path, *map(run, range(20))), "--batch-size", "10", exit_code=3)
    file = lines(path, *map(run, range(30, 60)))
    assert outcome(loader.report(file, "--batch-size", "10")) == (30, 0, 0)


def test_an_absent_edge_is_one_clear_line(loader: Loader, tmp_path: Path) -> None:
    loader.address = "http://127.0.0.1:1"
    file = lines(tmp_path / "runs.jsonl", run(1))
    said = loader(file, exit_code=3).stderr.splitlines()
    assert len(said) == 1
    assert said[0].startswith("shadower: no answer from http://127.0.0.1:1: is `shadower up` run")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--mapping", "missing.toml"),
        ("--kind", "dreams"),
        ("--map", "agent_id"),
        ("--map", "agent=name"),
        ("--set", "agent_id.part=1"),
        ("--time-zone", "Mars/Olympus"),
        ("--format", "xml"),
        ("--batch-size", "0"),
        ("--address", "ftp://somewhere"),
    ],
)
def test_a_wrong_call_is_a_usage_error(
    loader: Loader, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    file = lines(tmp_path / "runs.jsonl", run(1))
    common = ["load", file, "-w", "demo", "--home", str(loader.home)]
    result = CliRunner().invoke(app, [*common, "--address", loader.address, *arguments])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert loader.server.sizes == []
