"""Answers that a caller has already: what the edge asks for callers that speak HTTP.

The edge names the hashes that the caller knows. Whoever does not come by its REST names none, and
is answered as ever.
"""

import hashlib

from services.runtime.call import Context, Pairs

KNOWN = "x-shadower-known"
"""Hashes, each maybe with a coding behind a hyphen, separated by commas; * is any."""
ANSWER = "x-shadower-answer"
"""The hash of this answer."""
SAME = "x-shadower-same"
"""Which of those that are known it is. Then the answer itself is left out."""
HASH_BYTES = 16
NOTHING = b""


async def unless_known(reply: bytes, workspace_id: str, pairs: Pairs, context: Context) -> bytes:
    """The reply, or nothing for a caller who has it. One of another workspace is another one, even
    if it says the same."""
    known = next((str(value) for key, value in pairs if key == KNOWN), None)
    if known is None:
        return reply
    answer = _hash(reply, workspace_id)
    same = next((one for one in known.split(",") if one.partition("-")[0] in (answer, "*")), None)
    told = [(ANSWER, answer), *([(SAME, same)] if same else [])]
    await context.send_initial_metadata(told)
    return NOTHING if same else reply


def _hash(reply: bytes, workspace_id: str) -> str:
    digest = hashlib.blake2b(reply, digest_size=HASH_BYTES)
    digest.update(workspace_id.encode())
    return digest.hexdigest()
