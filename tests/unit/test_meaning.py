"""Requests in other words that mean the same, and ones that do not."""

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.agents.v1.agents_service_pb2 import ListAgentsRequest
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest

from services.translation.meaning import meaning


def span(nanos: int) -> TimeInterval:
    return TimeInterval(start_time=Timestamp(seconds=7, nanos=nanos), end_time=Timestamp(seconds=9))


SAME: list[tuple[type, dict[str, Any], dict[str, Any]]] = [
    (GetMetricsRequest, {}, {"time_zone": "UTC"}),
    (GetMetricsRequest, {}, {"max_staleness": Duration(seconds=3)}),
    (GetMetricsRequest, {}, {"point_statistic": "POINT_STATISTIC_AVERAGE"}),
    (GetMetricsRequest, {}, {"filter": Filter()}),
    (GetMetricsRequest, {"interval": span(1000)}, {"interval": span(1999)}),
    (
        GetMetricsRequest,
        {"filter": Filter(agent_ids=["a", "b"], models=["m"])},
        {"filter": Filter(models=["m", "m"], agent_ids=["b", "a"])},
    ),
    (ListAgentsRequest, {}, {"order_by": "AGENT_ORDER_EXECUTIONS"}),
]
OTHER: list[tuple[type, dict[str, Any], dict[str, Any]]] = [
    (GetMetricsRequest, {}, {"time_zone": "Europe/Berlin"}),
    (GetMetricsRequest, {"metrics": ["a", "b"]}, {"metrics": ["b", "a"]}),
    (GetMetricsRequest, {"interval": span(1000)}, {"interval": span(2000)}),
    (GetMetricsRequest, {}, {"filter": Filter(agent_ids=["a"])}),
    (GetMetricsRequest, {}, {"page_token": "x"}),
    (ListAgentsRequest, {}, {"order_by": "AGENT_ORDER_COST"}),
    (ListAgentsRequest, {}, {"ascending": True}),
]


@pytest.mark.parametrize(("kind", "one", "other"), SAME)
def test_the_same_in_other_words(kind: type, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert meaning(kind(**one)) == meaning(kind(**other))


@pytest.mark.parametrize(("kind", "one", "other"), OTHER)
def test_something_else(kind: type, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert meaning(kind(**one)) != meaning(kind(**other))


def test_the_request_itself_stays_as_it_is() -> None:
    request = GetMetricsRequest(time_zone="UTC", filter=Filter(models=["b", "a"]))
    before = request.SerializeToString()
    meaning(request)
    assert request.SerializeToString() == before
