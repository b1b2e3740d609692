"""Gives every unary call an end, also when its caller set none."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext

from services.runtime.call import Call, Interceptor


class Deadline(Interceptor):
    """Ends a call at the caller's deadline or at ours, whichever is first. Streams live on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def around(self, call: Call) -> AbstractAsyncContextManager[object]:
        if call.contract.streams_replies:
            return nullcontext()
        asked = call.context.time_remaining()
        return asyncio.timeout(self._seconds if asked is None else min(asked, self._seconds))
