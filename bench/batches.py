"""Batches of executions that a load can send without making them: only their numbers change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest

from bench.runs import generated_runs
from services.ingest.facts import execution
from services.warehouse.facts.model import Execution as Row

SIZE = 500
TEMPLATES = 20
# Of one length, so that a message stays one when it is replaced.
MARK = "@" * 10


@dataclass(frozen=True)
class Template:
    """A batch as it is sent, and as rows."""

    message: bytes
    rows: Sequence[Row]

    def numbered(self, number: int) -> bytes:
        return self.message.replace(MARK.encode(), _text(number).encode())

    def numbered_rows(self, number: int) -> list[Row]:
        text = _text(number)
        return [
            row._replace(execution_id=row.execution_id.replace(MARK, text)) for row in self.rows
        ]


def last_id(number: int) -> str:
    """The id of the last run of a batch."""
    return f"{_text(number)}-{SIZE - 1:03}"


def templates(workspace: str) -> list[Template]:
    runs = generated_runs(SIZE * TEMPLATES, datetime.now(UTC))
    return [_template(workspace, runs) for _ in range(TEMPLATES)]


def _template(workspace: str, runs: Iterator[Execution]) -> Template:
    request = RecordExecutionsRequest(workspace_id=workspace)
    for number, run in zip(range(SIZE), runs, strict=False):
        request.executions.append(run)
        request.executions[-1].execution_id = f"{MARK}-{number:03}"
    return Template(request.SerializeToString(), list(map(execution, request.executions)))


def _text(number: int) -> str:
    return f"{number:0{len(MARK)}}"
