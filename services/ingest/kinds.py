"""The kinds of items that the contract knows, and what is particular about each."""

from operator import attrgetter

from services.ingest import facts
from services.ingest.batches import ItemKind
from services.ingest.checks import check_event, check_point, execution_violations
from services.ingest.spans import span
from services.warehouse.facts.model import FactKind

EXECUTIONS = ItemKind(
    FactKind.EXECUTION,
    "executions",
    "execution_id",
    "EXECUTION_CONFLICT",
    facts.execution,
    attrgetter("execution_id"),
    violations=execution_violations,
)
METRIC_POINTS = ItemKind(
    FactKind.METRIC_POINT,
    "metric_points",
    "point_id",
    "METRIC_POINT_CONFLICT",
    facts.metric_point,
    facts.point_id,
    check=check_point,
)
EVENTS = ItemKind(
    FactKind.EVENT,
    "events",
    "event_id",
    "EVENT_CONFLICT",
    facts.event,
    facts.event_id,
    check=check_event,
)
# A trace has room for so many spans; the one that finds none contradicts that.
SPANS = ItemKind(FactKind.SPAN, "spans", "span_id", "RESULT_TOO_LARGE", span, attrgetter("span_id"))
KINDS = (EXECUTIONS, METRIC_POINTS, EVENTS, SPANS)
