"""What is asked of the cache, and what an answer rests on."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from google.protobuf.message import Message


class Key(NamedTuple):
    """Tells answers apart. The workspace leads: no two of them share a key."""

    workspace_id: str
    method: str
    meaning: bytes

    def __str__(self) -> str:
        """As other processes know it; patterns are matched against this."""
        digest = hashlib.blake2b(self.meaning, digest_size=20).hexdigest()
        return f"{self.workspace_id}:{self.method}:{digest}"


class Question(NamedTuple):
    """A key, and how old in seconds the answer to it may be."""

    key: Key
    staleness: float


@dataclass(frozen=True)
class Basis:
    """What an answer rests on: facts of a span, as a revision of the workspace left them."""

    revision: int
    start: datetime
    end: datetime
    until: datetime | None = None
    """When the question begins to mean a later time, if ever: the answer ages then, even if nothing
    changes."""


@dataclass(frozen=True)
class Answer:
    """What a handler says to a question that may be remembered."""

    reply: Message
    basis: Basis
