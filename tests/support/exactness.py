"""How exact answers have to be: wholly, but for what is said here."""

from collections.abc import Sequence
from typing import Any

import pytest
from shadower.common.v1.statistics_pb2 import DurationStatistics

from tests.support import oracle, statistics_oracle
from tests.support.runs import Row

# What stands for a duration is at most so far from it, and what lies between two such values not
# further; the rest is for the last digits of floats.
RELATIVE_ERROR = 0.01 * (1 + 1e-9)
NANOSECOND = 1e-9
PERCENTILES = tuple(
    field.name for field in DurationStatistics.DESCRIPTOR.fields if field.name.startswith("p")
)


def near(seconds: float | None, rounding: float = 0) -> Any:
    """What a percentile of durations must equal: nothing but nothing where none is known, and
    nothing but zero where it is."""
    return seconds and pytest.approx(seconds, rel=0, abs=RELATIVE_ERROR * seconds + rounding)


def metric(name: str, value: oracle.Value) -> Any:
    """What a built-in metric must equal, by its true value."""
    if name.startswith("duration_p"):
        return near(value)
    # Deviations are sums of rounded squares, in whatever order.
    return pytest.approx(value, rel=1e-12) if "stddev" in name else value


def series(values: dict[Any, oracle.Value]) -> dict[Any, Any]:
    """What points must equal, by their keys, which begin with the metric."""
    return {key: metric(key[0], value) for key, value in values.items()}


def durations(found: DurationStatistics, rows: Sequence[Row]) -> DurationStatistics:
    """What statistics of runs must equal: percentiles as they were found, if they are near."""
    expected = statistics_oracle.durations(rows)
    for name in PERCENTILES:
        assert found.HasField(name) == expected.HasField(name)
        if found.HasField(name):
            there, right = getattr(found, name), getattr(expected, name)
            assert seconds(there) == near(seconds(right), NANOSECOND)
            right.CopyFrom(there)
    return expected


def seconds(duration: Any) -> float:
    return float(duration.ToNanoseconds() / 1e9)
