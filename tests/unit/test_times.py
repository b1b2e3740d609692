"""Spans of time between proto and Python, at the ends of what either can say."""

from datetime import timedelta

import pytest
from google.protobuf.duration_pb2 import Duration

from services.runtime.times import from_duration

CASES = [
    (Duration(seconds=15, nanos=1_000), timedelta(seconds=15, microseconds=1)),
    (Duration(seconds=-1, nanos=-500_000_000), timedelta(seconds=-1.5)),
    (Duration(seconds=2**63 - 1), timedelta.max),
    (Duration(seconds=2**63 - 1, nanos=-(2**31)), timedelta.max),
    (Duration(seconds=-(2**63)), timedelta.min),
]


@pytest.mark.parametrize(("duration", "span"), CASES)
def test_a_duration_is_a_span_of_python(duration: Duration, span: timedelta) -> None:
    assert from_duration(duration) == span
