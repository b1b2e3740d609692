"""What is not kept any more, nobody may ask single facts about."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from services.runtime.faults import FieldViolation, InvalidArgument
from services.warehouse.rollups.spans import Spans, to_microseconds

BEFORE_ALL = to_microseconds(datetime(1, 1, 1, tzinfo=UTC))


@contextmanager
def gone_facts_passed_over() -> Iterator[None]:
    """For who makes cells: of what retention has removed, it had made all of them."""
    try:
        yield
    except InvalidArgument as refused:
        if refused.reason != "FACTS_GONE":
            raise


def times_before(bound: datetime | None) -> Spans:
    return Spans() if bound is None else Spans(((BEFORE_ALL, to_microseconds(bound)),))


def check_kept(times: Spans, gone: datetime | None) -> None:
    """Raises InvalidArgument if facts of some of the times may be gone."""
    if gone is None or not times & times_before(gone):
        return
    raise InvalidArgument(
        "FACTS_GONE",
        f"the answer needs single facts from before {gone.isoformat()}, which are not kept",
        metadata={"keptFrom": gone.isoformat()},
        violations=[
            FieldViolation("interval", "needs facts that are gone, perhaps at its ends only")
        ],
    )
