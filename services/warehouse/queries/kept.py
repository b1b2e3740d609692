"""What is not kept any more, nobody may ask single facts about."""

from datetime import UTC, datetime

from services.runtime.faults import FieldViolation, InvalidArgument
from services.warehouse.rollups.spans import Spans, to_microseconds

BEFORE_ALL = to_microseconds(datetime(1, 1, 1, tzinfo=UTC))


class FactsGoneError(InvalidArgument):
    """A question needs single facts that are not kept any more."""


def times_before(bound: datetime | None) -> Spans:
    return Spans() if bound is None else Spans(((BEFORE_ALL, to_microseconds(bound)),))


def check_kept(times: Spans, gone: datetime | None) -> None:
    """Raises FactsGoneError if facts of some of the times may be gone."""
    if gone is None or not times & times_before(gone):
        return
    raise FactsGoneError(
        "FACTS_GONE",
        f"the answer needs single facts from before {gone.isoformat()}, which are not kept",
        metadata={"keptFrom": gone.isoformat()},
        violations=[
            FieldViolation("interval", "needs facts that are gone, perhaps at its ends only")
        ],
    )
