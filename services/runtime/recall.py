"""Calls that are, byte for byte and by the same token, ones that were admitted before.

What interceptors find out about a token and a message stays so while the token lives; to find it
out again takes longer than to give an answer that is there.
"""

import time
from collections import OrderedDict

from services.runtime.call import Admitted, Call, Pairs, Reply
from services.runtime.encoded import KEPT, SMALL_BYTES


class Recall:
    """Those of one RPC, as many as are worth it."""

    def __init__(self) -> None:
        self._admitted: OrderedDict[tuple[str | bytes, bytes], Admitted] = OrderedDict()

    def find(self, pairs: Pairs, encoded: bytes) -> Admitted | None:
        """How the same call was admitted, if it was and its token still lives."""
        found = self._admitted.get((_token(pairs), encoded))
        return found if found and time.time() < found.expires_at else None

    def keep(self, call: Call, pairs: Pairs, encoded: bytes, reply: Reply) -> None:
        """The call has been admitted."""
        if len(encoded) > SMALL_BYTES:
            return
        expires_at = call.principal.expires_at.timestamp()
        admitted = Admitted(call.principal, expires_at, call.workspace_id, reply)
        self._admitted[_token(pairs), encoded] = admitted
        if len(self._admitted) > KEPT:
            self._admitted.popitem(last=False)


def _token(pairs: Pairs) -> str | bytes:
    """Of several, the last, which is the one that was verified."""
    token: str | bytes = ""
    for key, value in pairs:
        if key == "authorization":
            token = value
    return token
