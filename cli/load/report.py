"""What became of a file's lines."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from shadower.ingest.v1.ingest_service_pb2 import StreamRecordsResponse
from shadower.ingest.v1.record_result_pb2 import RecordOutcome, RecordResult

from cli.load.batches import Rejection, RowBatch
from cli.load.kinds import Kind

SHOWN = 20
PLACE_IN_BATCH = re.compile(r"^\w+\[\d+\]\.?")


@dataclass
class LoadReport:
    """Counts of a whole load, the interrupted beginning of it included."""

    rows: int = 0
    stored: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "LoadReport":
        rejections = [Rejection(**entry) for entry in content.pop("rejections")]
        return cls(**content, rejections=rejections)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def add(self, response: StreamRecordsResponse, rejections: list[Rejection]) -> None:
        self.stored += response.counts.stored
        self.updated += response.counts.updated
        self.duplicate += response.counts.duplicate
        self.rejected += len(rejections)
        self.rows = self.stored + self.updated + self.duplicate + self.rejected
        self.rejections = (self.rejections + rejections)[:SHOWN]


def all_rejections(kind: Kind, batch: RowBatch, response: StreamRecordsResponse) -> list[Rejection]:
    """Lines that could not be sent and lines that the server refused, in the file's order."""
    refused = _refused(batch, getattr(response, kind.request_field))
    return sorted([*batch.rejections, *refused], key=lambda rejection: rejection.line)


def _refused(batch: RowBatch, results: list[RecordResult]) -> Iterator[Rejection]:
    for line, result in zip(batch.lines, results, strict=bool(batch.items)):
        if result.outcome == RecordOutcome.RECORD_OUTCOME_REJECTED:
            yield Rejection(line, _reason(result.error), result.id)


def _reason(error: Status) -> str:
    return "; ".join(_violations(error)) or error.message


def _violations(error: Status) -> Iterator[str]:
    bad_request = BadRequest()
    for detail in error.details:
        if detail.Unpack(bad_request):
            for violation in bad_request.field_violations:
                # Where in the batch it was is of no use to who reads the file.
                yield f"{PLACE_IN_BATCH.sub('', violation.field)}: {violation.description}"
