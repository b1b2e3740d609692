"""Whether an answer tells anything that is another tenant's."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.support.graphql import without
from tests.tenancy.asked import Asked, Heard
from tests.tenancy.tenants import Tenant

# Two answers to the same question are of two moments, and so are the cursors of pages.
MOMENTS = {"asOf", "completeUntil", "cursor", "nextPageToken"}
# Cursors, payloads and the like: what is in them is told, too.
ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")


def foreign_marks(asked: Asked, heard: Heard, others: Iterable[Tenant]) -> list[str]:
    """What is there of others, beside what was in the question itself."""
    own_words = {word.encode() for word in _words(asked.fields) if word} | {
        asked.workspace.encode()
    }
    readable = list(_readable(bytes(heard.data), own_words))
    marks = {mark for other in others for mark in other.marks}
    return sorted(mark.decode() for mark in marks if any(mark in text for text in readable))


def tells_of(tenant: Tenant, heard: Heard) -> bool:
    """Whether there is anything in it by which it would be noticed elsewhere."""
    readable = list(_readable(bytes(heard.data), set()))
    return any(mark in text for mark in tenant.marks for text in readable)


def content_of(heard: Heard) -> str:
    return json.dumps(without(MOMENTS, heard.content), sort_keys=True)


def _readable(data: bytes, own_words: set[bytes]) -> Iterator[bytes]:
    for text in (data, *(one for found in set(ENCODED.findall(data)) for one in _decoded(found))):
        left = _without_words(text, own_words)
        yield left
        # Numbers of whatever unit: 0.7310957 and 7310.957 are 7310957.
        yield left.replace(b".", b"")


def _without_words(text: bytes, words: set[bytes]) -> bytes:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, b"")
    return text


def _decoded(text: bytes) -> Iterator[bytes]:
    padded = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        yield base64.b64decode(padded + b"=" * (-len(padded) % 4))
    except binascii.Error:
        return


def _words(fields: Any) -> Iterator[str]:
    if isinstance(fields, str):
        yield fields
    elif isinstance(fields, Mapping):
        for value in fields.values():
            yield from _words(value)
    elif isinstance(fields, (list, tuple)):
        for value in fields:
            yield from _words(value)
