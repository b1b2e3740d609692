"""Functions over the known values of a field of executions, or of metric points."""

from collections.abc import Sequence
from dataclasses import replace

from services.warehouse.queries.measures import Measure, in_sql
from services.warehouse.queries.packed import distinct_users, duration_percentiles, fraction
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

# The kind of values of each field.
FIELDS = {
    "duration": "seconds",
    "input_tokens": "whole",
    "output_tokens": "whole",
    "cached_input_tokens": "whole",
    "total_tokens": "whole",
    "cost": "decimal",
    "credits": "decimal",
    "user_rating": "whole",
    "tool_calls": "whole",
    "execution": "id",
    "agent": "id",
    "user": "id",
    "model": "id",
    "conversation": "id",
}
FACTS = {"duration": "duration_us", "conversation": "conversation_id"}
ONLY_OF_POINTS = ("standard_deviation", "percentile", "distinct")
KEYS = {"agent": "agent_id", "model": "model"}


def function_over(function: str, field: str, percentile: float = 0) -> Measure:
    """`percentile`, from 0 to 100, is for the function of that name only."""
    if function == "percentile":
        return _percentile(field, percentile)
    if function == "distinct":
        return _distinct(field)
    if function == "count":
        return _count(field)
    deviation = QUERIES["deviation"].format(field=field)
    text = QUERIES[f"{FIELDS[field]}_{function}"]
    return in_sql(text.format(field=field, deviation=deviation))


def over_points(function: str, percentile: float = 0, metric: int | None = None) -> Measure:
    """A function over the values of metric points; "latest" is one that executions lack.

    Statements know a metric by its number; without one, it is over all that are asked for.
    """
    only = "" if metric is None else QUERIES["of_metric"].format(number=metric)
    text = QUERIES[f"real_{function}"].format(fraction=repr(fraction(percentile)), only=only)
    return Measure((text,), of_facts=function in ONLY_OF_POINTS)


def _count(field: str) -> Measure:
    if field in ("execution", "agent"):
        return in_sql(QUERIES["executions"])
    return in_sql(QUERIES["count"].format(field=field))


def _distinct(field: str) -> Measure:
    if field == "execution":
        return in_sql(QUERIES["executions"])
    if field == "user":
        return distinct_users()
    if field in KEYS:
        key = KEYS[field]
        return Measure((QUERIES["distinct_key"].format(field=key),), keys=frozenset({key}))
    text = QUERIES["distinct_of_facts"].format(field=FACTS.get(field, field))
    return Measure((text,), of_facts=True)


def _percentile(field: str, percentile: float) -> Measure:
    if field == "duration":
        several = duration_percentiles((percentile,))
        return replace(several, finish=lambda *columns: _firsts(several.finish(*columns)))
    text = QUERIES["percentile_of_facts"].format(field=field, fraction=repr(fraction(percentile)))
    return Measure((text,), of_facts=True)


def _firsts(lists: Sequence[list[float] | None]) -> list[float | None]:
    return [found[0] if found else None for found in lists]
