"""Whether two JSON answers say the same."""

from collections.abc import Iterator
from typing import Any

# What percentiles of bins may be beside the true ones; everything else is exact but for rounding.
TOLERANCES = dict.fromkeys(("p50", "p75", "p90", "p95", "p99"), 0.01)
ROUNDING = 1e-6
# Each says when it was asked.
APART = {"asOf", "completeUntil"}


def differences(ours: Any, theirs: Any, place: str = "") -> Iterator[str]:
    """Where they differ, and how."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted((ours.keys() | theirs.keys()) - APART):
            yield from differences(ours.get(name), theirs.get(name), f"{place}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif not _is_same(ours, theirs, TOLERANCES.get(place.rpartition(".")[2], ROUNDING)):
        yield f"{place}: {ours} and {theirs}"


def _is_same(ours: Any, theirs: Any, tolerance: float) -> bool:
    if ours == theirs:
        return True
    try:
        one, other = (float(str(value).removesuffix("s")) for value in (ours, theirs))
    except ValueError:
        return False
    return abs(one - other) <= tolerance * max(1, abs(other))
