"""Batches over one stream, several on their way; what was not acknowledged is sent again."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from time import monotonic

import grpc
from shadower.ingest.v1.ingest_service_pb2 import StreamRecordsRequest, StreamRecordsResponse
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub

from cli.calls import Edge, is_passing
from cli.failures import CommandError
from cli.load.batches import RowBatch
from cli.load.kinds import Kind
from cli.refusals import in_a_line

WINDOW = 4
PAUSE_SECONDS = 0.5

Acknowledged = tuple[RowBatch, StreamRecordsResponse]
Call = grpc.aio.StreamStreamCall[StreamRecordsRequest, StreamRecordsResponse]


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for a first answer, for a lost edge, for one batch."""

    at_first: float = 3
    later: float = 60
    one_batch: float = 60


@dataclass
class BatchSender:
    """Sends batches in their order and hands each back with its acknowledgement."""

    edge: Edge
    workspace: str
    kind: Kind
    patience: Patience = field(default_factory=Patience)
    _waiting: deque[RowBatch] = field(default_factory=deque)

    async def acknowledged(self, batches: Iterator[RowBatch]) -> AsyncIterator[Acknowledged]:
        """Raises CommandError when the edge stays away or refuses."""
        deadline = monotonic() + self.patience.at_first
        async with self.edge.channel() as channel:
            while True:
                answered = False
                try:
                    async for acknowledgement in self._over_one_stream(channel, batches):
                        answered = True
                        deadline = monotonic() + self.patience.later
                        yield acknowledgement
                    return
                except grpc.aio.AioRpcError as error:
                    if not is_passing(error, answered=answered) or monotonic() > deadline:
                        raise in_a_line(error, self.edge.address) from error
                await asyncio.sleep(PAUSE_SECONDS)

    async def _over_one_stream(
        self, channel: grpc.aio.Channel, batches: Iterator[RowBatch]
    ) -> AsyncIterator[Acknowledged]:
        call: Call = IngestServiceStub(channel).StreamRecords(metadata=self.edge.metadata())
        try:
            for batch in self._waiting:
                await self._send(call, batch)
            while await self._filled(call, batches):
                yield await self._next_acknowledged(call)
        finally:
            call.cancel()

    async def _filled(self, call: Call, batches: Iterator[RowBatch]) -> bool:
        while len(self._waiting) < WINDOW and (batch := next(batches, None)):
            self._waiting.append(batch)
            await self._send(call, batch)
        return bool(self._waiting)

    async def _send(self, call: Call, batch: RowBatch) -> None:
        # A call that ended says why when it is read.
        if batch.items and not call.done():
            await call.write(self._request(batch))

    def _request(self, batch: RowBatch) -> StreamRecordsRequest:
        request = StreamRecordsRequest(workspace_id=self.workspace, sequence=batch.last_row)
        getattr(request, self.kind.request_field).extend(batch.items)
        return request

    async def _next_acknowledged(self, call: Call) -> Acknowledged:
        batch = self._waiting[0]
        response = await self._answer(call) if batch.items else StreamRecordsResponse()
        if batch.items and response.sequence != batch.last_row:
            raise CommandError(
                f"{self.edge.address} acknowledged {response.sequence}, not {batch.last_row}"
            )
        self._waiting.popleft()
        return batch, response

    async def _answer(self, call: Call) -> StreamRecordsResponse:
        try:
            answer = await asyncio.wait_for(call.read(), self.patience.one_batch)
        except TimeoutError as error:
            raise CommandError(f"{self.edge.address} does not acknowledge a batch") from error
        if not isinstance(answer, StreamRecordsResponse):
            raise CommandError(f"{self.edge.address} ended the stream before its last batch")
        return answer
