"""Calls of browsers on their way: what they say, and how to make others of them."""

import struct
from typing import TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)
HEADER = struct.Struct(">BI")


def read(body: bytes, kind: type[M]) -> M:
    """The first message of a body."""
    return kind.FromString(body[HEADER.size : _end(body)])


def written(body: bytes, message: Message) -> bytes:
    """The body with another first message."""
    content = message.SerializeToString()
    return HEADER.pack(0, len(content)) + content + body[_end(body) :]


def _end(body: bytes) -> int:
    _, length = HEADER.unpack_from(body)
    return HEADER.size + int(length)
