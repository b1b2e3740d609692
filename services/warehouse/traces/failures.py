"""From an error in an emitter's words to ours. Pure."""

import re

from services.warehouse.facts.model import ErrorType, Status
from services.warehouse.traces.model import Span, SpanOutcome

# The first that is found in the type of the error counts; names of exceptions and HTTP status
# codes are what emitters write.
WORDS: tuple[tuple[str, ErrorType], ...] = (
    (r"timeout|timed.?out|deadline|\b(408|504)\b", ErrorType.TIMEOUT),
    (r"rate.?limit|too.?many.?requests|throttl|\b429\b", ErrorType.RATE_LIMIT),
    (r"auth|permission|forbidden|credential|api.?key|\b(401|403)\b", ErrorType.AUTH),
    (r"memory|quota|resource|exhausted|disk|\b(413|507)\b", ErrorType.RESOURCE),
    (r"connect|network|socket|dns|\bssl|\b(502)\b", ErrorType.NETWORK),
    (r"user.?error|not.?found|\b404\b", ErrorType.USER_ERROR),
    (r"valid|bad.?request|unprocessable|schema|\b(400|422)\b", ErrorType.VALIDATION),
    (r"model|server.?error|overloaded|content.?filter|api.?error|\b5\d\d\b", ErrorType.MODEL_ERROR),
)
CANCELLED = re.compile("cancel|abort", re.IGNORECASE)
PATTERNS = tuple((re.compile(words, re.IGNORECASE), kind) for words, kind in WORDS)


def status(span: Span) -> Status:
    if span.outcome is not SpanOutcome.ERROR:
        return Status.SUCCEEDED
    if CANCELLED.search(span.error_type or ""):
        return Status.CANCELLED
    return Status.TIMED_OUT if _kind(span) is ErrorType.TIMEOUT else Status.FAILED


def error_type(span: Span) -> ErrorType | None:
    return _kind(span) if status(span) in (Status.FAILED, Status.TIMED_OUT) else None


def _kind(span: Span) -> ErrorType:
    said = span.error_type or ""
    found = (kind for pattern, kind in PATTERNS if pattern.search(said))
    return next(found, ErrorType.UNKNOWN)
