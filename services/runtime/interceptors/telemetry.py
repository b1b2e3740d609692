"""One log line a call: what was asked, by whom, how it ended, how long it took."""

import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import grpc
import structlog

from services.runtime.call import Call, Interceptor

# https://www.w3.org/TR/trace-context/#traceparent-header
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


class Telemetry(Interceptor):
    """Gives the call the id of its trace, and logs it when it has ended."""

    def around(self, call: Call) -> AbstractAsyncContextManager[object]:
        return _logged(call)


@asynccontextmanager
async def _logged(call: Call) -> AsyncIterator[None]:
    started = time.perf_counter()
    call.request_id = trace_id(call.metadata.get("traceparent", ""))
    try:
        yield
    finally:
        _log(call, time.perf_counter() - started)


def trace_id(traceparent: str) -> str:
    """The id of the caller's trace, or a new one."""
    match = TRACEPARENT.match(traceparent)
    return match.group(1) if match else secrets.token_hex(16)


def _log(call: Call, seconds: float) -> None:
    structlog.get_logger("rpc").info(
        "call",
        method=call.contract.path,
        code=_code(call),
        seconds=round(seconds, 6),
        trace_id=call.request_id,
        workspace_id=call.workspace_id or None,
        subject=call.identity.subject if call.identity else None,
    )


def _code(call: Call) -> str:
    code = call.context.code()
    if call.context.cancelled():
        return grpc.StatusCode.CANCELLED.name
    if isinstance(code, grpc.StatusCode):
        return code.name
    return grpc.StatusCode(_STATUS_BY_NUMBER[code]).name if code else grpc.StatusCode.OK.name


_STATUS_BY_NUMBER = {code.value[0]: code.value for code in grpc.StatusCode}
