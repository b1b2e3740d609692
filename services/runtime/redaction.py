"""Keeps secrets out of logs, whoever wrote them there."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

HIDDEN = "[redacted]"
MOST_DEPTH = 6
# What holds a secret by its name, whatever it looks like.
SECRET_NAME = re.compile(
    r"(^|[_-])(authorization|cookie|passw(or)?d|secret|token|api[_-]?key|private[_-]?key)$", re.I
)
# What is a secret by its looks, wherever it stands; what is kept of it says what it was.
SECRET_TEXT = re.compile(
    r"""
      (?P<before> \b(?:authorization|cookie)["']?\s*[:=]\s*["']?
        (?:(?:bearer|basic)\s+)? )[^\s"',;]+
    | (?P<scheme> \bbearer\s+ )[\w.~+/=-]{16,}
    | \beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?
    | \bshk_[\w]+
    | (?P<url> \b[a-z][a-z0-9+.-]*://[^\s:/@?#]* ):[^\s/?#@]*(?=@)
    | (?P<name> \b(?:passw(?:or)?d|secret|token|api[_-]?key)["']?\s*[=:]\s*["']? )[^\s"',;&]+
    """,
    re.I | re.X,
)
# One of these is in each of them, and in few lines else: to look for them takes far less time.
HINTS = [
    "authorization",
    "cookie",
    "bearer",
    "eyj",
    "shk_",
    "://",
    "passw",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
]


def redact(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """As structlog's processors are called: last before a line is written."""
    return {key: _redacted(key, value, MOST_DEPTH) for key, value in entry.items()}


def redacted_texts(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of an entry without anything within anything."""
    return {
        key: redacted_text(value) if isinstance(value, str) else value
        for key, value in entry.items()
    }


def redacted_text(text: str) -> str:
    return SECRET_TEXT.sub(_hidden, text) if is_suspect(text) else text


def is_suspect(text: str) -> bool:
    """Whether it is worth a closer look."""
    words = text.lower()
    return any(hint in words for hint in HINTS)


def _redacted(name: object, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(name, str) and SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, Mapping) and depth:
        return {key: _redacted(key, one, depth - 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [_redacted(None, one, depth - 1) for one in value]
    # Whatever else it is, the writer would write it as such a text.
    return redacted_text(value if isinstance(value, str) else repr(value))


def _hidden(found: re.Match[str]) -> str:
    kept = next((text for text in found.groupdict().values() if text), "")
    return f"{kept}:{HIDDEN}" if found["url"] else kept + HIDDEN
