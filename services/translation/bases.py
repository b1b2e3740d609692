"""What answers rest on, for the cache."""

from datetime import UTC, datetime

from google.protobuf.message import Message

from services.runtime.cache.question import Basis
from services.warehouse.queries.interval import Interval

# What tells the latest name of an agent rests on its runs at any time.
EVER = Interval(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def basis(
    request: Message, revision: int, answered: Interval, rests_on: Interval | None = None
) -> Basis:
    """Of an answer about an interval, which may rest on more than that."""
    span = rests_on or answered
    return Basis(revision, span.start, span.end, answered.end if _moves(request) else None)


def _moves(request: Message) -> bool:
    """True if the request, asked later, is about a later time. Other pages keep to the first's."""
    return not request.HasField("interval") and not getattr(request, "page_token", "")
