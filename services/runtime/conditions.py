"""Answers that a caller has already: what the edge asks for callers that speak HTTP.

The edge names the hashes that the caller knows. Whoever does not come by its REST names none, and
is answered as ever.
"""

import hashlib

from services.runtime.call import Context, Pairs

KNOWN = "x-shadower-has"
"""Hashes, each maybe with a coding behind a hyphen, separated by commas; * is any."""
ANSWER = "x-shadower-answer"
"""The hash of this answer."""
SAME = "x-shadower-same"
"""Which of those that are known it is. Then the answer itself is left out."""
HASH_BYTES = 16
NOTHING = b""


def unless_known(
    reply: bytes, path: str, workspace_id: str, pairs: Pairs, context: Context
) -> bytes:
    """The reply, or nothing for a caller who has it. One of another RPC, or of another workspace,
    is another one, even if it is the same bytes."""
    known = next((str(value) for key, value in pairs if key == KNOWN), None)
    if known is None:
        return reply
    answer = _hash(reply, f"{path} {workspace_id}")
    same = next((one for one in known.split(",") if one.partition("-")[0] in (answer, "*")), None)
    told = [(ANSWER, answer), *([(SAME, same)] if same else [])]
    # Beside the status: to send something before the answer costs as much as half of this call.
    context.set_trailing_metadata(told)
    return NOTHING if same else reply


def _hash(reply: bytes, place: str) -> str:
    digest = hashlib.blake2b(reply, digest_size=HASH_BYTES)
    digest.update(place.encode())
    return digest.hexdigest()
