"""What is found out about messages, remembered for small ones, since these come again and again."""

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

from google.protobuf.message import Message

KEPT = 4096
SMALL_BYTES = 1024

Found = TypeVar("Found")


class ByContent(Generic[Found]):
    """Finds it out by a message's kind and bytes. What raises is not remembered."""

    def __init__(self, find: Callable[[Message], Found]) -> None:
        self._find = find
        self._remembered = lru_cache(KEPT)(self.found_anew)

    def __call__(self, kind: type[Message], encoded: bytes) -> Found:
        if len(encoded) > SMALL_BYTES:
            return self.found_anew(kind, encoded)
        return self._remembered(kind, encoded)  # type: ignore[arg-type]

    def found_anew(self, kind: type[Message], encoded: bytes) -> Found:
        return self._find(kind.FromString(encoded))
