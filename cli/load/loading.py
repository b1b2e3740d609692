"""One load from its first row, or from where it stopped, to its report."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from shadower.ingest.v1.ingest_service_pb2 import StreamRecordsResponse

from cli.load.batches import Rejection, RowBatch, batches
from cli.load.checkpoint import Checkpoint, Progress
from cli.load.formats import opened
from cli.load.mapping import FieldMapping
from cli.load.report import LoadReport, all_rejections
from cli.load.rows import Source
from cli.load.sending import BatchSender

Watcher = Callable[[Source, LoadReport], None]


@dataclass(frozen=True)
class Load:
    """A file on its way to a workspace."""

    file: Path
    format: str | None
    mapping: FieldMapping
    batch_size: int
    checkpoint: Checkpoint
    rejects: Path | None

    async def run(self, sender: BatchSender, watch: Watcher) -> LoadReport:
        """Sends what is left of the file. Each acknowledged batch is remembered at once."""
        start = self.checkpoint.read()
        report = start.report
        with opened(self.file, self.format) as source, self._rejects_file(start) as rejects:
            rows = batches(source.rows(start.last_row), self.mapping, self.batch_size)
            async for batch, response in sender.acknowledged(rows):
                self._note(batch, response, report, rejects)
                watch(source, report)
        self.checkpoint.remove()
        return report

    def _note(
        self,
        batch: RowBatch,
        response: StreamRecordsResponse,
        report: LoadReport,
        rejects: TextIO | None,
    ) -> None:
        rejections = all_rejections(self.mapping.kind, batch, response)
        if rejects is not None:
            _write_lines(rejects, rejections)
        report.add(response, rejections)
        self.checkpoint.write(Progress(batch.last_row, report))

    def _rejects_file(self, start: Progress) -> AbstractContextManager[TextIO | None]:
        if self.rejects is None:
            return nullcontext()
        return self.rejects.open("a" if start.last_row else "w", encoding="utf-8")


def _write_lines(file: TextIO, rejections: list[Rejection]) -> None:
    for rejection in rejections:
        file.write(json.dumps(asdict(rejection), ensure_ascii=False) + "\n")
    file.flush()
