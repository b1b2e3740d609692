"""Speaks gRPC for every fault: the only place where a call is ended with an error."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from math import ceil
from types import TracebackType

import grpc
import structlog

from services.runtime.call import Call, Interceptor
from services.runtime.faults import Fault
from services.runtime.status import to_status

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Errors(Interceptor):
    """Ends a call that raised with the status of what was raised."""

    def around(self, call: Call) -> AbstractAsyncContextManager[object]:
        return _Boundary(call)


class _Boundary(AbstractAsyncContextManager[None]):
    def __init__(self, call: Call) -> None:
        self._call = call

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Cancellation and an abort that is under way are not errors of ours.
        if isinstance(error, Exception) and not isinstance(error, grpc.aio.AbortError):
            await self._end(error)

    async def _end(self, error: Exception) -> None:
        status = to_status(error, self._call.request_id)
        if status.code == grpc.StatusCode.INTERNAL.value[0]:
            structlog.get_logger("rpc").error(
                "internal error", request_id=self._call.request_id, exc_info=error
            )
        await self._call.context.abort(
            CODES[status.code],
            status.message,
            (("grpc-status-details-bin", status.SerializeToString()), *_retry_after(error)),
        )


def _retry_after(error: Exception) -> Iterator[tuple[str, str]]:
    """For those who speak HTTP, what RetryInfo says to those who speak gRPC."""
    if isinstance(error, Fault) and error.retry_after is not None:
        yield "retry-after", str(ceil(error.retry_after.total_seconds()))
