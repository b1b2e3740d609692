"""What a request without an interval means, and for how long its answer means the same."""

from datetime import UTC, datetime, timedelta

import pytest
from shadower.agents.v1.agents_service_pb2 import ListAgentsRequest
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest

from services.translation.bases import EVER, basis
from services.translation.requests import interval
from services.warehouse.queries.interval import Interval

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPAN = Interval(NOON - DAY, NOON)


def test_who_names_no_interval_means_seven_days_up_to_the_end_of_the_present_minute() -> None:
    before = datetime.now(UTC)
    meant = interval(GetMetricsRequest(workspace_id="acme"))
    assert meant.length == 7 * DAY
    assert (meant.end.second, meant.end.microsecond) == (0, 0)
    assert before < meant.end <= datetime.now(UTC) + timedelta(minutes=1)


def test_what_means_another_time_later_is_true_until_that_time() -> None:
    found = basis(GetMetricsRequest(workspace_id="acme"), 7, SPAN)
    assert (found.revision, found.start, found.end, found.until) == (7, SPAN.start, NOON, NOON)


def test_what_rests_on_all_time_ends_with_the_interval_that_is_answered() -> None:
    found = basis(ListAgentsRequest(workspace_id="acme"), 7, SPAN, EVER)
    assert (found.start, found.end, found.until) == (EVER.start, EVER.end, NOON)


@pytest.mark.parametrize(
    "request_",
    [
        GetMetricsRequest(workspace_id="acme", interval=TimeInterval()),
        GetMetricsRequest(workspace_id="acme", page_token="further"),
        ListAgentsRequest(workspace_id="acme", page_token="further"),
    ],
)
def test_an_interval_and_further_pages_mean_the_same_for_ever(
    request_: GetMetricsRequest | ListAgentsRequest,
) -> None:
    assert basis(request_, 7, SPAN).until is None
