"""What one GraphQL request has: whose it is, how long it may take, what was asked already."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from time import monotonic
from typing import Any

import grpc
from google.protobuf.message import Message
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse
from strawberry.dataloader import DataLoader

from gateway.web.caller import Caller
from gateway.web.graphql.nodes import Budget
from gateway.web.methods import Method
from gateway.web.services import Services
from services.runtime.faults import DeadlineExceeded

# Of one request at once; more would only wait at the services.
CALLS_AT_ONCE = 16

Question = tuple[Method, bytes]
Stream = Callable[[StreamMetricsRequest], AsyncIterator[StreamMetricsResponse]]


class Context:
    """Asks each question once, and those that come up together side by side."""

    def __init__(
        self, services: Services, caller: Caller, seconds: float, items: int, stream: Stream
    ) -> None:
        self._services = services
        self._caller = caller
        self._ends_at = monotonic() + seconds
        self._turns = asyncio.Semaphore(CALLS_AT_ONCE)
        self._loader: DataLoader[Question, Message] = DataLoader(load_fn=self._load)
        self._items = items
        self.budget = self.new_budget()
        self.stream = stream

    def new_budget(self) -> Budget:
        """For an answer of its own, as each message of a stream is."""
        return Budget(self._items)

    async def ask(self, method: Method, request: Message) -> Message:
        """Raises AioRpcError or Fault."""
        question = method, request.SerializeToString(deterministic=True)
        return await self._loader.load(question)

    async def _load(self, questions: list[Question]) -> Sequence[Any]:
        return await asyncio.gather(*map(self._answer, questions))

    async def _answer(self, question: Question) -> Message | BaseException:
        method, encoded = question
        try:
            async with self._turns:
                request = method.request.FromString(encoded)
                return await self._services.ask(method, request, self._caller, self._left())
        except (grpc.aio.AioRpcError, DeadlineExceeded) as error:
            return error

    def _left(self) -> float:
        left = self._ends_at - monotonic()
        if left <= 0:
            raise DeadlineExceeded("DEADLINE_EXCEEDED", "the request's time ran out")
        return left
