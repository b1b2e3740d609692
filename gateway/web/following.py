"""Follows one stream of metrics for one reader, also when the reader's token is another."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
from google.rpc.status_pb2 import Status
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse

from gateway.web.caller import Caller
from gateway.web.services import Services
from gateway.web.statuses import status_of

ENDED = Status(code=0, message="the interval has ended")


class Following:
    """Each has an RPC of its own: whoever reads was admitted by the service for that very question,
    and is let go by it."""

    def __init__(self, services: Services, request: StreamMetricsRequest, caller: Caller) -> None:
        self._services = services
        self._request = request
        self._caller = caller
        self._call: Any = None
        self._is_renewed = False

    @property
    def cursor(self) -> str:
        """Where another stream could go on."""
        return str(self._request.cursor)

    def renew(self, caller: Caller) -> None:
        """Goes on with another token where it is, if the service admits it."""
        self._caller = caller
        self._is_renewed = True
        if self._call is not None:
            self._call.cancel()

    async def follow(self, offer: Callable[[StreamMetricsResponse], None]) -> Status:
        """Offers each message but the last, and returns with how the stream ended."""
        while True:
            self._is_renewed = False
            try:
                return await self._follow_one(offer)
            except grpc.aio.AioRpcError as error:
                if not self._is_renewed:
                    return status_of(error)
            except asyncio.CancelledError:
                # A call that was cancelled looks like a task that was.
                if not self._is_renewed or _is_cancelled():
                    raise

    async def _follow_one(self, offer: Callable[[StreamMetricsResponse], None]) -> Status:
        self._call = await self._services.stream(self._request, self._caller)
        try:
            async for message in self._call:
                if message.HasField("status"):
                    return Status.FromString(message.status.SerializeToString())
                self._request.cursor = message.cursor
                offer(message)
        finally:
            self._call.cancel()
        return ENDED


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
