"""Speaks gRPC for every fault: the only place where a call is ended with an error."""

import asyncio
from collections.abc import Iterator
from math import ceil

import grpc
import structlog

from services.runtime.call import Call, Interceptor
from services.runtime.faults import Fault
from services.runtime.status import to_status

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Errors(Interceptor):
    """Ends a call that raised with the status of what was raised."""

    async def fail(self, call: Call, error: Exception) -> None:
        if isinstance(error, grpc.aio.AbortError):
            return  # It is being ended already.
        status = to_status(error, call.request_id)
        if status.code == grpc.StatusCode.INTERNAL.value[0]:
            structlog.get_logger("rpc").error(
                "internal error", request_id=call.request_id, exc_info=error
            )
        details = ("grpc-status-details-bin", status.SerializeToString())
        try:
            await call.context.abort(
                CODES[status.code], status.message, (details, *_retry_after(error))
            )
        except grpc.aio.InternalError:
            # The caller has just hung up, of which grpc.aio has not heard yet.
            raise asyncio.CancelledError from error


def _retry_after(error: Exception) -> Iterator[tuple[str, str]]:
    """For those who speak HTTP, what RetryInfo says to those who speak gRPC."""
    if isinstance(error, Fault) and error.retry_after is not None:
        yield "retry-after", str(ceil(error.retry_after.total_seconds()))
