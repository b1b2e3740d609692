"""Parts of the gateway that need nothing else: what is told, merged, measured and configured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from shadower.common.v1.number_pb2 import Number
from shadower.metrics.v1.metric_pb2 import Point, TimeSeries
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse

from gateway.web.messages import message_json
from gateway.web.pending import Pending
from gateway.web.settings import WebSettings
from tests.support.stack import ROOT
from tools.graphql import written

START = datetime(2026, 1, 1, tzinfo=UTC)
# Messages take a while to make up, and other tests may run beside.
SLOWLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEYS = {"jwks_url": "https://unused"}

numbers = st.one_of(
    st.builds(Number, integer=st.integers(-(2**63), 2**63 - 1)),
    st.builds(Number, real=st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(Number, decimal=st.sampled_from(["0", "-1.50", "123456789.000000000001"])),
    st.just(Number()),
)
times = st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours, microseconds=hours))
points = st.builds(Point, start_time=times, value=st.none() | numbers)
all_series = st.lists(
    st.builds(
        TimeSeries,
        metric=st.sampled_from(["cost", "runs"]),
        labels=st.dictionaries(st.sampled_from("ab"), st.text(max_size=2), max_size=2),
        points=st.lists(points, max_size=4),
    ),
    max_size=3,
)


def of(kind: str, **content: Any) -> StreamMetricsResponse:
    payload = getattr(StreamMetricsResponse, kind.capitalize())(**content)
    return StreamMetricsResponse(cursor="c", as_of=START, **{kind: payload})


deltas = all_series.map(lambda told: of("delta", time_series=told))
replacing = all_series.map(
    lambda told: of(
        "delta",
        time_series=told,
        replaced={"start_time": START, "end_time": START + timedelta(hours=3)},
    )
)
snapshots = all_series.map(lambda told: of("snapshot", time_series=told))
heartbeats = st.builds(lambda: of("heartbeat"))


@SLOWLY
@given(st.one_of(deltas, replacing, snapshots, heartbeats))
def test_messages_are_told_as_the_contracts_json(message: StreamMetricsResponse) -> None:
    expected = MessageToDict(message, always_print_fields_with_no_presence=True)
    assert message_json(message) == expected


@SLOWLY
@given(
    st.lists(
        st.one_of(deltas, deltas, deltas, replacing, snapshots, heartbeats, st.just("take")),
        max_size=12,
    )
)
def test_a_slow_reader_comes_to_the_same_state(course: list[Any]) -> None:
    """Whatever is merged, and whenever the reader takes something."""
    pending, quick, slow, took_all = Pending(), State(), State(), True
    for step in course:
        if step == "take":
            if pending:
                slow.apply(pending.take())
        else:
            quick.apply(step)
            took_all &= pending.offer(step)
    while pending:
        slow.apply(pending.take())
    if took_all:
        assert slow.points == quick.points


class State:
    """What a reader knows by the rules of the contract."""

    def __init__(self) -> None:
        self.points: dict[Any, bytes] = {}

    def apply(self, message: StreamMetricsResponse) -> None:
        if message.HasField("snapshot"):
            self.points = {}
            self._tell(message.snapshot.time_series)
        if message.HasField("delta"):
            self._forget(message.delta)
            self._tell(message.delta.time_series)

    def _forget(self, delta: StreamMetricsResponse.Delta) -> None:
        if delta.HasField("replaced"):
            start = delta.replaced.start_time.seconds
            end = delta.replaced.end_time.seconds
            self.points = {k: v for k, v in self.points.items() if not start <= k[2] < end}

    def _tell(self, told: Any) -> None:
        for series in told:
            for point in series.points:
                labels = tuple(sorted(series.labels.items()))
                key = series.metric, labels, point.start_time.seconds
                if point.HasField("value"):
                    self.points[key] = point.value.SerializeToString()
                else:
                    self.points.pop(key, None)


def test_what_is_not_taken_does_not_pile_up() -> None:
    pending = Pending()
    for number in range(1000):
        point = Point(start_time=START, value=Number(integer=number))
        series = TimeSeries(metric="runs", labels={"a": str(number % 3)}, points=[point])
        assert pending.offer(of("delta", time_series=[series]))
    told = pending.take()
    assert not pending
    assert [series.points[0].value.integer for series in told.delta.time_series] == [999, 997, 998]


def test_a_stream_that_begins_anew_again_and_again_is_too_much() -> None:
    again = of("delta", replaced={"start_time": START, "end_time": START})
    pending = Pending()
    assert [pending.offer(again) for _ in range(5)] == [True, True, True, True, False]


def test_the_written_schema_is_that_of_the_contract() -> None:
    """`python -m tools.graphql > gateway/web/graphql/schema.graphql` writes it anew."""
    kept = (ROOT / "gateway" / "web" / "graphql" / "schema.graphql").read_text()
    assert written() + "\n" == kept


def test_services_are_at_one_address_or_each_at_its_own() -> None:
    assert WebSettings(mesh="mesh:1", **KEYS).target("any.Service") == "mesh:1"
    told = WebSettings(mesh='{"a.B": "ipv4:127.0.0.1:1,127.0.0.1:2"}', **KEYS)
    assert told.target("a.B") == "ipv4:127.0.0.1:1,127.0.0.1:2"
    with pytest.raises(KeyError):
        told.target("a.C")


@pytest.mark.parametrize("mesh", ["{", '{"a": 1}', '{"a": ""}'])
def test_a_mesh_that_is_none_is_refused(mesh: str) -> None:
    with pytest.raises(ValidationError, match="mesh"):
        WebSettings(mesh=mesh, **KEYS)
