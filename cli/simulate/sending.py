"""Records over one stream, which is opened again when it breaks."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import grpc
from shadower.ingest.v1.event_pb2 import Event
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import StreamRecordsRequest, StreamRecordsResponse
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.ingest.v1.metric_point_pb2 import MetricPoint
from shadower.ingest.v1.record_result_pb2 import RecordCounts

from cli.calls import Edge, is_passing
from cli.refusals import in_a_line
from cli.simulate.records import Record

ANSWER_SECONDS = 30
PAUSE_SECONDS = 1
Call = grpc.aio.StreamStreamCall[StreamRecordsRequest, StreamRecordsResponse]


@dataclass
class RecordStream:
    """Sends one batch after another."""

    edge: Edge
    workspace: str
    channel: grpc.aio.Channel
    patience_seconds: float
    _call: Call | None = None
    _answered: bool = False

    async def send(self, records: Iterable[Record]) -> RecordCounts:
        """Raises CommandError when the edge stays away or refuses."""
        request = as_request(self.workspace, records)
        deadline = monotonic() + self.patience_seconds
        while True:
            try:
                return await self._sent(request)
            except (grpc.aio.AioRpcError, TimeoutError, EOFError) as error:
                self._give_up_or_go_on(error, deadline)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _sent(self, request: StreamRecordsRequest) -> RecordCounts:
        if self._call is None:
            stub = IngestServiceStub(self.channel)
            self._call = stub.StreamRecords(metadata=self.edge.metadata())
        if not self._call.done():
            await self._call.write(request)
        answer = await asyncio.wait_for(self._call.read(), ANSWER_SECONDS)
        if not isinstance(answer, StreamRecordsResponse):
            raise EOFError
        self._answered = True
        return answer.counts

    def _give_up_or_go_on(self, error: Exception, deadline: float) -> None:
        answered, self._answered = self._answered, False
        if self._call is not None:
            self._call.cancel()
            self._call = None
        if not isinstance(error, grpc.aio.AioRpcError):
            return
        if not is_passing(error, answered=answered) or monotonic() > deadline:
            raise in_a_line(error, self.edge.address) from error


@asynccontextmanager
async def record_stream(
    edge: Edge, workspace: str, patience_seconds: float
) -> AsyncIterator[RecordStream]:
    async with edge.channel() as channel:
        yield RecordStream(edge, workspace, channel, patience_seconds)


def as_request(workspace: str, records: Iterable[Record]) -> StreamRecordsRequest:
    request = StreamRecordsRequest(workspace_id=workspace)
    for record in records:
        match record:
            case Execution():
                request.executions.append(record)
            case MetricPoint():
                request.metric_points.append(record)
            case Event():
                request.events.append(record)
    return request
