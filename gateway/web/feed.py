"""A stream of metrics for a reader that asks for the next message when it has room for it."""

import asyncio
from collections.abc import AsyncIterator

from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse

from gateway.web.following import Following
from gateway.web.pending import Pending
from gateway.web.statuses import OK, StreamEnded


async def feed(following: Following) -> AsyncIterator[StreamMetricsResponse]:
    """Raises StreamEnded unless the stream ended as it should."""
    pending, something = Pending(), asyncio.Event()

    def offer(message: StreamMetricsResponse) -> None:
        pending.offer(message)
        something.set()

    task = asyncio.create_task(following.follow(offer))
    task.add_done_callback(lambda _: something.set())
    try:
        while not (task.done() and not pending):
            await something.wait()
            something.clear()
            while pending:
                yield pending.take()
        if (status := task.result()).code != OK:
            raise StreamEnded(status)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
