"""One log line a call: what was asked, by whom, how it ended, how long it took."""

import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import grpc
import structlog

from services.runtime.call import Call, Interceptor

# https://www.w3.org/TR/trace-context/#traceparent-header
NAMES = {code.value[0]: code.name for code in grpc.StatusCode}
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


class Telemetry(Interceptor):
    """Gives the call the id of its trace, and logs it when it has ended."""

    def around(self, call: Call) -> AbstractAsyncContextManager[object]:
        return _logged(call)


@asynccontextmanager
async def _logged(call: Call) -> AsyncIterator[None]:
    started = time.perf_counter()
    call.request_id = request_id(call.metadata)
    try:
        yield
    finally:
        _log(call, time.perf_counter() - started)


def request_id(metadata: Mapping[str, str]) -> str:
    """The id of the caller's trace, or of the edge's request, or a new one."""
    trace = TRACEPARENT.match(metadata.get("traceparent", ""))
    if trace:
        return trace.group(1)
    return metadata.get("x-request-id", "")[:64] or secrets.token_hex(16)


def _log(call: Call, seconds: float) -> None:
    structlog.get_logger("rpc").info(
        "call",
        method=call.contract.path,
        code=_code(call),
        seconds=round(seconds, 6),
        request_id=call.request_id,
        workspace_id=call.workspace_id or None,
        subject=call.identity.subject if call.identity else None,
    )


def _code(call: Call) -> str:
    if call.context.cancelled():
        return grpc.StatusCode.CANCELLED.name
    code = call.context.code()
    return code.name if isinstance(code, grpc.StatusCode) else NAMES[code or 0]
