"""Different users, as sketches that can be merged.

Theta sketches (Apache DataSketches): the least 4,096 of the hashes of ids. Up to so many users the
count is exact; beyond, its relative standard error is 1/sqrt(4096 - 1), about 1.6 %. The same
users give the same bytes, in whatever order and portions they came.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from datasketches import compact_theta_sketch, theta_union, update_theta_sketch

LOG_SIZE = 12
# As int8send() writes a hash.
HASH = np.dtype(">i8")


def merge(sketches: Iterable[bytes], hashes: bytes = b"") -> bytes:
    return bytes(_united(sketches, hashes).serialize())


def count(sketches: Sequence[bytes], hashes: bytes = b"") -> int:
    """How many different users there are in all."""
    if not sketches and not hashes:
        return 0
    if len(sketches) == 1 and not hashes:
        return _rounded(compact_theta_sketch.deserialize(sketches[0]))
    return _rounded(_united(sketches, hashes))


def _united(sketches: Iterable[bytes], hashes: bytes) -> compact_theta_sketch:
    union = theta_union(LOG_SIZE)
    for one in sketches:
        union.update(compact_theta_sketch.deserialize(one))
    if hashes:
        union.update(_sketch(hashes))
    return union.get_result()


def _sketch(hashes: bytes) -> update_theta_sketch:
    made = update_theta_sketch(LOG_SIZE)
    for one in np.frombuffer(hashes, HASH).tolist():
        made.update(one)
    made.trim()
    return made


def _rounded(made: compact_theta_sketch) -> int:
    estimate: float = made.get_estimate()
    return round(estimate)
