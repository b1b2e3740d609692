"""Functions over the known values of a field of executions, or of metric points."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from services.warehouse.queries.measures import Column, Measure, in_sql
from services.warehouse.rollups import users
from services.warehouse.rollups.durations import PERCENTILES, Distribution, Distributions
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


def duration_percentiles(percentiles: Sequence[float]) -> Measure:
    """A list of them, in seconds; None where no duration is known."""
    if not set(percentiles) <= set(PERCENTILES):
        return Measure(DISTRIBUTION, partial(_lists, percentiles=percentiles))
    told = tuple(
        QUERIES["told_percentile"].format(number=PERCENTILES.index(one) + 1) for one in percentiles
    )
    return Measure((*told, *UNTOLD), partial(_told_or_lists, percentiles=percentiles))


def calculated_percentiles() -> Measure:
    """What cells tell: the same of PERCENTILES, whatever they tell already."""
    return Measure(DISTRIBUTION, partial(_lists, percentiles=PERCENTILES))


def distinct_users() -> Measure:
    """Sketches are long, and most groups of cells have one: of those it is enough to know its
    head."""
    return Measure(
        USERS_BESIDE_HEADS,
        lambda heads, sketches, hashes: [
            users.count_of_head(head) if head else users.count(some or (), others or b"")
            for head, some, others in zip(heads, sketches, hashes, strict=True)
        ],
    )


def users_unmerged() -> Measure:
    """What users.count() takes, of groups that are counted together."""
    return Measure(USERS, lambda *columns: list(zip(*columns, strict=True)))


def over_points(function: str, percentile: float = 0, metric: int | None = None) -> Measure:
    """A function over the values of metric points; "latest" is one that executions lack.

    Statements know a metric by its number; without one, it is over all that are asked for.
    """
    only = "" if metric is None else QUERIES["of_metric"].format(number=metric)
    text = QUERIES[f"real_{function}"].format(fraction=_fraction(percentile), only=only)
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
    text = QUERIES["percentile_of_facts"].format(field=field, fraction=_fraction(percentile))
    return Measure((text,), of_facts=True)


def _fraction(percentile: float) -> str:
    """99.9 is 0.999, which dividing the float by a hundred would miss."""
    return repr(float(Decimal(repr(percentile)) / 100))


USERS = (QUERIES["user_sketches"], QUERIES["user_hashes"])
USERS_BESIDE_HEADS = (
    QUERIES["user_head"].format(bytes=users.HEAD_BYTES),
    QUERIES["user_sketches_amid_others"],
    QUERIES["user_hashes"],
)
DURATIONS = (QUERIES["duration_bins"], QUERIES["durations"])
DISTRIBUTION = (*DURATIONS, QUERIES["shortest"], QUERIES["longest"])
UNTOLD = (QUERIES["duration_bins_untold"], *DISTRIBUTION[1:])


def _firsts(lists: Sequence[list[float] | None]) -> list[float | None]:
    return [found[0] if found else None for found in lists]


def _told_or_lists(*columns: Column, percentiles: Sequence[float]) -> list[list[float] | None]:
    """Most groups of cells have one, which tells them."""
    told = list(zip(*columns[: len(percentiles)], strict=True))
    rows = zip(*columns[len(percentiles) :], strict=True)
    untold = [row for row, one in zip(rows, told, strict=True) if one[0] is None]
    calculated = iter(_lists(*zip(*untold, strict=True), percentiles=percentiles) if untold else ())
    return [next(calculated) if one[0] is None else list(one) for one in told]


def _lists(*columns: Column, percentiles: Sequence[float]) -> list[list[float] | None]:
    """Of all groups at once; those without any known duration have none."""
    groups = [_distribution(*row) for row in zip(*columns, strict=True)]
    known = Distributions([group for group in groups if group])
    by_percentile = [known.percentile(float(_fraction(one))).tolist() for one in percentiles]
    found = zip(*by_percentile, strict=True)
    return [list(next(found)) if group else None for group in groups]


def _distribution(
    packed: list[bytes] | None, durations: bytes | None, least: float | None, most: float | None
) -> Distribution | None:
    if least is None or most is None:
        return None
    return Distribution(packed or (), durations or b"", least, most)
