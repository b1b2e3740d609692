"""One log line a call: what was asked, by whom, how it ended, how long it took."""

import random
import re
import time
from collections.abc import Mapping

import grpc

from services.runtime.call import Call, Interceptor
from services.runtime.call_log import CallLog

# https://www.w3.org/TR/trace-context/#traceparent-header
NAMES = {code.value[0]: code.name for code in grpc.StatusCode}
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


class Telemetry(Interceptor):
    """Gives the call the id of its trace, and logs it when it has ended."""

    def __init__(self, log: CallLog | None) -> None:
        self._log = log

    def enter(self, call: Call) -> None:
        call.request_id = request_id(call.metadata)

    def leave(self, call: Call) -> None:
        if self._log is None:
            return
        self._log.write(
            method=call.contract.path,
            code=_code(call),
            seconds=round(time.perf_counter() - call.began, 6),
            request_id=call.request_id,
            workspace_id=call.workspace_id or None,
            subject=call.identity.subject if call.identity else None,
        )


def request_id(metadata: Mapping[str, str]) -> str:
    """The id of the caller's trace, or of the edge's request, or a new one."""
    trace = TRACEPARENT.match(metadata.get("traceparent", ""))
    if trace:
        return trace.group(1)
    # Unlike enough; who needs it to be secret brings one.
    return metadata.get("x-request-id", "")[:64] or f"{random.getrandbits(128):032x}"


def _code(call: Call) -> str:
    if call.context.cancelled():
        return grpc.StatusCode.CANCELLED.name
    code = call.context.code()
    return code.name if isinstance(code, grpc.StatusCode) else NAMES[code or 0]
