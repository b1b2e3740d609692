"""What answers rest on, for the cache."""

from datetime import UTC, datetime

from google.protobuf.message import Message

from services.runtime.cache.question import Basis
from services.warehouse.queries.interval import Interval

# What tells the latest name of an agent rests on its runs at any time.
EVER = Interval(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def basis(request: Message, revision: int, span: Interval) -> Basis:
    return Basis(revision, span.start, span.end, slides=_slides(request))


def _slides(request: Message) -> bool:
    """True if the request is about a time that ends now. Later pages keep to that of the first."""
    return not request.HasField("interval") and not getattr(request, "page_token", "")
