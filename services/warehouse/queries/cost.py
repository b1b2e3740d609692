"""What a question may cost: the database's own estimate, looked at before it is answered."""

import json
from collections.abc import Iterator, Sequence

from services.runtime.faults import FieldViolation, InvalidArgument
from services.warehouse.database import Session
from services.warehouse.queries.labels import Label
from services.warehouse.queries.measures import Measure
from services.warehouse.queries.selection import KEYS, Filter
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


async def check_cost(
    session: Session,
    statement: str,
    values: Sequence[object],
    narrowable: Sequence[FieldViolation],
    share: float = 1,
) -> None:
    """Raises InvalidArgument if a share of a statement is more than the deployment allows."""
    explained = await session.connection.fetchval(
        QUERIES["explain"].format(statement=statement), *values
    )
    cost = json.loads(explained)[0]["Plan"]["Total Cost"] * share
    if cost > session.cost_limit:
        raise _too_expensive(cost, session.cost_limit, narrowable)


def narrowable_fields(
    selected: Filter, labels: Sequence[Label], measures: Sequence[Measure]
) -> Iterator[FieldViolation]:
    """What of a question makes it be answered from facts, one by one."""
    yield FieldViolation("interval", "is long for what has to be read fact by fact")
    for name in selected.given.keys() - KEYS.keys():
        yield FieldViolation(f"filter.{name}", "is known of single executions only")
    if any(label.keys is None for label in labels):
        yield FieldViolation("group_by", "is known of single facts only")
    if any(one.of_facts for one in measures):
        yield FieldViolation("aggregations", "are known of single executions only")


def _too_expensive(
    cost: float, limit: float, narrowable: Sequence[FieldViolation]
) -> InvalidArgument:
    fields = ",".join(one.field for one in narrowable)
    return InvalidArgument(
        "QUERY_TOO_EXPENSIVE",
        f"the answer would cost {cost:.0f} where {limit:.0f} is allowed; narrow {fields}",
        metadata={"cost": f"{cost:.0f}", "limit": f"{limit:.0f}", "fields": fields},
        violations=narrowable,
    )
