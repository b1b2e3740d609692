"""Cursors of streams: where the view begins, and the last change that was told."""

from dataclasses import dataclass
from datetime import datetime

from shadower.metrics.v1 import metrics_service_pb2 as pb

from services.runtime.faults import invalid_field
from services.translation.pages import read_opaque, write_opaque
from services.warehouse.queries.interval import Interval

# Neither changes what a stream tells.
MOST_CHANGES = 2**63
APART = ("cursor", "heartbeat_interval")


@dataclass(frozen=True)
class Cursor:
    """`revision` is None before anything was told."""

    start: datetime
    revision: int | None


def write_cursor(request: pb.StreamMetricsRequest, cursor: Cursor) -> str:
    return write_opaque(request, APART, Interval(cursor.start, cursor.start), [cursor.revision])


def read_cursor(request: pb.StreamMetricsRequest) -> Cursor | None:
    """The cursor that a request brings, if any. Raises InvalidArgument."""
    if not request.cursor:
        return None
    match read_opaque(request, APART, request.cursor, "cursor"):
        case Interval() as view, [int() as revision] if 0 <= revision < MOST_CHANGES:
            return Cursor(view.start, revision)
    raise invalid_field("cursor", "is not one of ours", reason="PAGE_TOKEN_INVALID")
