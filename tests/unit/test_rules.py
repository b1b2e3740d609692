"""Health, engagement and hints at and around their thresholds."""

from dataclasses import replace

import pytest

from services.agents.hints import HintKind, hints
from services.warehouse.queries.statistics import Statistics
from services.warehouse.queries.workspace import ActiveUsers
from services.workspaces.health import Health, activity, stickiness

NOTHING = Statistics(
    **dict.fromkeys(Statistics.__dataclass_fields__)
    | dict.fromkeys(("total", "running", "succeeded", "failed", "timed_out", "cancelled"), 0)
)


@pytest.mark.parametrize(
    ("parts", "score"),
    [
        ((1.0, 1.0, 1.0, 1.0), 1.0),
        ((0.5, 0.2, 0.4, 0.1), 0.30 * 0.5 + 0.25 * 0.2 + 0.25 * 0.4 + 0.20 * 0.1),
        ((0.5, None, None, None), 0.5),
        ((0.0, 1.0, None, None), 0.25 / 0.55),
    ],
)
def test_a_score_is_the_weighted_mean_of_what_is_known(
    parts: tuple[float | None, ...], score: float
) -> None:
    assert Health(*parts).score == pytest.approx(score, abs=1e-15)


def test_of_nothing_known_there_is_no_score() -> None:
    assert Health(None, None, None, None).score is None


def test_stickiness_needs_users_and_activity_needs_runs() -> None:
    assert stickiness(ActiveUsers(0, 0, daily=0, weekly=0, monthly=0)) is None
    assert stickiness(ActiveUsers(9, 9, daily=1, weekly=3, monthly=4)) == 0.25
    assert activity(0, 7) is None
    assert activity(2, 8) == 0.25


def test_at_its_threshold_nothing_is_hinted_at() -> None:
    even = replace(NOTHING, average_duration=30.0, average_tokens=5000.0, succeeded=95, failed=5)
    assert hints(replace(even, success_rate=0.95)) == []


def test_beyond_its_threshold_everything_is() -> None:
    bad = replace(
        NOTHING, average_duration=30.1, average_tokens=5001.0, succeeded=8, failed=1, timed_out=1
    )
    found = hints(replace(bad, success_rate=0.8))
    assert [hint.kind for hint in found] == list(HintKind)
    assert [hint.value for hint in found] == [30.1, 5001.0, 0.2, 0.8]
