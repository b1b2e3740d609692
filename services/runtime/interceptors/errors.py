"""Speaks gRPC for every fault: the only place where a call is ended with an error."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType

import grpc
import structlog
from grpc_status import rpc_status

from services.runtime.call import Call, Interceptor
from services.runtime.status import to_status


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
        await self._call.context.abort_with_status(rpc_status.to_status(status))
