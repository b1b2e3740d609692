"""Gives every unary call an end, also when its caller set none."""

from services.runtime.call import Call, Interceptor


class Deadline(Interceptor):
    """Ends a call at the caller's deadline or at ours, whichever is first: that of the RPC, if the
    contract has one for it. Streams live on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def enter(self, call: Call) -> None:
        if not call.contract.streams_replies:
            asked = call.context.time_remaining()
            longest = call.contract.longest_seconds or self._seconds
            call.seconds = longest if asked is None else min(asked, longest)
