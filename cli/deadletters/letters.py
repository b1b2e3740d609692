"""Dead letters of one workspace, as the edge shows and replays them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from shadower.bus.v1 import dead_letters_service_pb2 as pb
from shadower.bus.v1.dead_letter_pb2 import DeadLetter, DeadLetterSource
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceStub

from cli.calls import Edge, in_words

ANSWER_SECONDS = 60
# The most that one call takes.
MAX_PAGE, MAX_REPLAYS = 500, 100


@dataclass(frozen=True)
class Letters:
    """What an operator does with them. Everything raises CommandError."""

    edge: Edge
    workspace: str
    channel: grpc.aio.Channel

    async def listed(
        self, source: str | None, *, replayed: bool | None, limit: int
    ) -> AsyncIterator[DeadLetter]:
        """At most `limit` of them, the latest first."""
        request = pb.ListDeadLettersRequest(
            workspace_id=self.workspace, source=_number(source), replayed=replayed
        )
        while limit > 0:
            request.page_size = min(limit, MAX_PAGE)
            page = await self._answer("ListDeadLetters", request)
            for letter in page.dead_letters:
                yield letter
            limit = limit - len(page.dead_letters) if page.next_page_token else 0
            request.page_token = page.next_page_token

    async def shown(self, letter_id: str) -> pb.GetDeadLetterResponse:
        request = pb.GetDeadLetterRequest(workspace_id=self.workspace, dead_letter_id=letter_id)
        answer: pb.GetDeadLetterResponse = await self._answer("GetDeadLetter", request)
        return answer

    async def replayed(self, ids: Sequence[str]) -> AsyncIterator[pb.ReplayResult]:
        for start in range(0, len(ids), MAX_REPLAYS):
            request = pb.ReplayDeadLettersRequest(
                workspace_id=self.workspace, dead_letter_ids=ids[start : start + MAX_REPLAYS]
            )
            answer = await self._answer("ReplayDeadLetters", request)
            for result in answer.results:
                yield result

    async def _answer(self, rpc: str, request: Message) -> Any:
        call = getattr(DeadLettersServiceStub(self.channel), rpc)
        try:
            return await call(request, metadata=self.edge.metadata(), timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise in_words(error, self.edge.address) from error


@asynccontextmanager
async def open_letters(edge: Edge, workspace: str) -> AsyncIterator[Letters]:
    async with edge.channel() as channel:
        yield Letters(edge, workspace, channel)


def _number(source: str | None) -> "DeadLetterSource.ValueType":
    return DeadLetterSource.Value(f"DEAD_LETTER_SOURCE_{(source or 'unspecified').upper()}")
