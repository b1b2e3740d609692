"""Calls that are, byte for byte and by the same token, ones that were admitted before.

What interceptors find out about a token and a message stays so while the token is trusted, which
they are asked each time (see Interceptor.still_admits); to find the rest out again takes longer
than to give an answer that is there.
"""

from collections import OrderedDict

from services.runtime.call import WORKSPACE_HEADER, Admitted, Call, Pairs, Reply
from services.runtime.encoded import KEPT

# Of a token and a message together. Both are the caller's to choose, and so is how many there are.
MOST_BYTES = 4096


class Recall:
    """Those of one RPC, as many as are worth it."""

    def __init__(self) -> None:
        self._admitted: OrderedDict[tuple[str | bytes, bytes], Admitted] = OrderedDict()

    def find(self, pairs: Pairs, encoded: bytes) -> Admitted | None:
        """How the same call was admitted, if it was."""
        key = _key(pairs, encoded)
        return self._admitted.get(key) if key else None

    def keep(self, call: Call, pairs: Pairs, encoded: bytes, reply: Reply) -> None:
        """The call has been admitted."""
        key = _key(pairs, encoded)
        if key is None:
            return
        self._admitted[key] = Admitted(call.principal, call.workspace_id, reply)
        if len(self._admitted) > KEPT:
            self._admitted.popitem(last=False)


def _key(pairs: Pairs, encoded: bytes) -> tuple[str | bytes, bytes] | None:
    """None if it is longer than what is worth it, or more than token and message decides."""
    token: str | bytes = ""
    for key, value in pairs:
        if key == "authorization":
            # Of several, the last, which is the one that was verified.
            token = value
        elif key == WORKSPACE_HEADER:
            return None
    return (token, encoded) if len(token) + len(encoded) <= MOST_BYTES else None
