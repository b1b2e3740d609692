"""Gives every unary call an end, also when its caller set none."""

from services.runtime.call import Call, Interceptor


class Deadline(Interceptor):
    """Ends a call at the caller's deadline or at ours, whichever is first. Streams live on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def enter(self, call: Call) -> None:
        if not call.contract.streams_replies:
            asked = call.context.time_remaining()
            call.seconds = self._seconds if asked is None else min(asked, self._seconds)
