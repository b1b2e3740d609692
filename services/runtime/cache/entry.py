"""An answer as it is kept: its reply in the bytes that callers get, and what is known of them."""

import hashlib
import math
import struct
import time
from dataclasses import dataclass

from services.runtime.cache.question import Answer

MAGIC = b"SHC2"
# Revision; start, end, until when the question means the same, time of calculation and of expiry in
# seconds since 1970; seconds that it took.
FIELDS = struct.Struct(">qdddddd")
SEAL_BYTES = 16
HEADER_BYTES = len(MAGIC) + SEAL_BYTES + FIELDS.size


class UnreadableEntryError(ValueError):
    """Bytes that are not an entry of ours, for this key and of this edition."""


@dataclass(slots=True)
class Entry:
    """`moment` is the last one, by this process's clock, at which the reply is known to be true."""

    reply: bytes
    revision: int
    start: float
    end: float
    until: float
    calculated_at: float
    expires_at: float
    cost: float
    moment: float = -math.inf

    @property
    def slides(self) -> bool:
        """The question means a later time one day, however little changes."""
        return self.until < math.inf

    @property
    def is_over(self) -> bool:
        return self.until <= time.time()

    @property
    def is_closed(self) -> bool:
        """Only late facts can change it."""
        return self.end <= self.calculated_at

    def is_touched_by(self, start: float, end: float) -> bool:
        return start < self.end and end > self.start


def new_entry(answer: Answer, began: "Began", moment: float, seconds: float) -> Entry:
    """An entry that lives so many seconds. Its reply is as if calculated at the moment, which is
    when it was begun or, if it comes from a replica, before."""
    basis = answer.basis
    calculated_at = began.wall - (began.moment - moment)
    return Entry(
        reply=answer.reply.SerializeToString(),
        revision=basis.revision,
        start=basis.start.timestamp(),
        end=basis.end.timestamp(),
        until=basis.until.timestamp() if basis.until else math.inf,
        calculated_at=calculated_at,
        expires_at=calculated_at + seconds,
        cost=time.monotonic() - began.moment,
        moment=moment,
    )


@dataclass(frozen=True)
class Began:
    """When something began, by the clock that only this process has and by that of all."""

    moment: float
    wall: float

    @staticmethod
    def now() -> "Began":
        return Began(time.monotonic(), time.time())


def encode(entry: Entry, key: str, edition: bytes) -> bytes:
    content = FIELDS.pack(
        entry.revision,
        entry.start,
        entry.end,
        entry.until,
        entry.calculated_at,
        entry.expires_at,
        entry.cost,
    )
    content += entry.reply
    return MAGIC + _seal(content, key, edition) + content


def decode(data: bytes, key: str, edition: bytes) -> Entry:
    """Raises UnreadableEntryError: what is not exactly what we wrote is nothing."""
    content = data[len(MAGIC) + SEAL_BYTES :]
    if data[: len(MAGIC)] != MAGIC or len(data) < HEADER_BYTES:
        raise UnreadableEntryError
    if data[len(MAGIC) : len(MAGIC) + SEAL_BYTES] != _seal(content, key, edition):
        raise UnreadableEntryError
    revision, start, end, until, calculated_at, expires_at, cost = FIELDS.unpack_from(content)
    reply = content[FIELDS.size :]
    entry = Entry(reply, revision, start, end, until, calculated_at, expires_at, cost)
    if entry.slides:
        if calculated_at > time.time():
            raise UnreadableEntryError  # By a clock that is ahead of ours.
        # Once its time is over, nothing can prove it true for longer.
        entry.moment = time.monotonic() - (time.time() - calculated_at)
    return entry


def _seal(content: bytes, key: str, edition: bytes) -> bytes:
    """Binds the bytes to their key, so that an answer under another's key is garbage too."""
    digest = hashlib.blake2b(content, digest_size=SEAL_BYTES, key=edition[:64])
    digest.update(key.encode())
    return digest.digest()
