"""Measures of what cells keep packed: durations in bins, and users in sketches.

Both are long. Of a group that is one cell, which most groups are, less of it will do.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from services.warehouse.queries.measures import Column, Measure
from services.warehouse.rollups import users
from services.warehouse.rollups.durations import PERCENTILES, Distribution, Distributions
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

USERS = (QUERIES["user_sketches"], QUERIES["user_hashes"])
USERS_BESIDE_HEADS = (
    QUERIES["user_head"].format(bytes=users.HEAD_BYTES),
    QUERIES["user_sketches_amid_others"],
    QUERIES["user_hashes"],
)
DURATIONS = (QUERIES["duration_bins"], QUERIES["durations"])
DISTRIBUTION = (*DURATIONS, QUERIES["shortest"], QUERIES["longest"])
UNTOLD = (QUERIES["duration_bins_untold"], *DISTRIBUTION[1:])


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
    """Of a group's only sketch, its head tells how many it has."""
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


def fraction(percentile: float) -> float:
    """99.9 is 0.999, which dividing the float by a hundred would miss."""
    return float(Decimal(repr(percentile)) / 100)


def _told_or_lists(*columns: Column, percentiles: Sequence[float]) -> list[list[float] | None]:
    """As cells tell them that are alone, or from the bins of all others."""
    told = list(zip(*columns[: len(percentiles)], strict=True))
    rows = zip(*columns[len(percentiles) :], strict=True)
    untold = [row for row, one in zip(rows, told, strict=True) if one[0] is None]
    calculated = iter(_lists(*zip(*untold, strict=True), percentiles=percentiles) if untold else ())
    return [next(calculated) if one[0] is None else list(one) for one in told]


def _lists(*columns: Column, percentiles: Sequence[float]) -> list[list[float] | None]:
    """Of all groups at once; those without any known duration have none."""
    groups = [_distribution(*row) for row in zip(*columns, strict=True)]
    known = Distributions([group for group in groups if group])
    by_percentile = [known.percentile(fraction(one)).tolist() for one in percentiles]
    found = zip(*by_percentile, strict=True)
    return [list(next(found)) if group else None for group in groups]


def _distribution(
    packed: list[bytes] | None, durations: bytes | None, least: float | None, most: float | None
) -> Distribution | None:
    if least is None or most is None:
        return None
    return Distribution(packed or (), durations or b"", least, most)
