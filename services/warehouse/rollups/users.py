"""Different users, as sketches that can be merged.

Theta sketches (Apache DataSketches): the least 4,096 of the hashes of ids. Up to so many users the
count is exact; beyond, its relative standard error is 1/sqrt(4096 - 1), about 1.6 %. The same
users give the same bytes, in whatever order and portions they came.
"""

import struct
from collections.abc import Iterable, Sequence

import numpy as np
from datasketches import compact_theta_sketch, theta_a_not_b, theta_union, update_theta_sketch

LOG_SIZE = 12
# As int8send() writes a hash.
HASH = np.dtype(">i8")

# How every compact sketch begins: words in its preamble, flags, hashes, and the share of all hashes
# that it kept those of, in 2**-63 (https://datasketches.apache.org/docs/Theta/ThetaSketchFramework).
HEAD = struct.Struct("<B4xB2xI4xQ")
HEAD_BYTES = HEAD.size
IS_EMPTY = 0b100
ALL_HASHES = 2.0**63


def merge(sketches: Iterable[bytes], hashes: bytes = b"") -> bytes:
    return bytes(_united(sketches, hashes).serialize())


def count(sketches: Sequence[bytes], hashes: bytes = b"") -> int:
    """How many different users there are in all."""
    if not sketches and not hashes:
        return 0
    if len(sketches) == 1 and not hashes:
        return _rounded(compact_theta_sketch.deserialize(sketches[0]))
    return _rounded(_united(sketches, hashes, ordered=False))


def count_of_head(head: bytes) -> int:
    """The count of a single sketch, by its first HEAD_BYTES."""
    words, flags, hashes, share = HEAD.unpack(head.ljust(HEAD_BYTES, b"\0"))
    if words == 1:
        return 0 if flags & IS_EMPTY else 1
    return int(hashes) if words == 2 else round(hashes / (share / ALL_HASHES))


def mark_of(one_hash: bytes) -> bytes:
    """What stands in every sketch that has kept a user."""
    return merge((), one_hash)[-HASH.itemsize :]


def exchanged(sketch: bytes, old: bytes, new: bytes) -> bytes:
    """The sketch with one user in the place of another, by their hashes. One that has not kept
    the old one stays as it is."""
    gone = compact_theta_sketch.deserialize(merge((), old))
    left = theta_a_not_b().compute(compact_theta_sketch.deserialize(sketch), gone)
    without = merge((bytes(left.serialize()),))
    return sketch if without == sketch else merge((without,), new)


def _united(
    sketches: Iterable[bytes], hashes: bytes, *, ordered: bool = True
) -> compact_theta_sketch:
    """Only what is kept needs an order."""
    union = theta_union(LOG_SIZE)
    for one in sketches:
        union.update(compact_theta_sketch.deserialize(one))
    if hashes:
        union.update(_sketch(hashes))
    return union.get_result(ordered)


def _sketch(hashes: bytes) -> update_theta_sketch:
    made = update_theta_sketch(LOG_SIZE)
    for one in np.frombuffer(hashes, HASH).tolist():
        made.update(one)
    made.trim()
    return made


def _rounded(made: compact_theta_sketch) -> int:
    estimate: float = made.get_estimate()
    return round(estimate)
