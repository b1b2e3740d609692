"""What the comparison with a peer takes for the same answer."""

from copy import deepcopy
from typing import Any

import pytest

from bench.peer.agreement import differences

ANSWER: dict[str, Any] = {
    "asOf": "2026-01-01T00:00:00Z",
    "executions": {"total": "7"},
    "duration": {"average": "8.5s", "p95": "100.0s"},
    "days": [{"credits": "1.5"}],
}


def changed(place: str, value: Any) -> dict[str, Any]:
    answer = deepcopy(ANSWER)
    *way, last = place.split(".")
    part = answer
    for name in way:
        part = part[int(name)] if isinstance(part, list) else part[name]
    part[last] = value
    return answer


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("asOf", "2026-01-02T00:00:00Z"),
        ("duration.average", "8.500000000s"),
        ("duration.p95", "100.9s"),
        ("days.0.credits", "1.50"),
    ],
)
def test_is_the_same(place: str, value: Any) -> None:
    assert list(differences(ANSWER, changed(place, value))) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("executions.total", "8"),
        ("executions.total", None),
        ("executions.running", "0"),
        ("duration.average", "8.51s"),
        ("duration.p95", "101.1s"),
        ("days", []),
        ("days.0.credits", "1.6"),
        ("days.0.credits", {}),
    ],
)
def test_is_another(place: str, value: Any) -> None:
    [found] = differences(ANSWER, changed(place, value))
    assert found.startswith(f".{place.replace('.0', '[0]')}:")
