"""Requests that say the same in different words, in the words of one of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from google.protobuf.message import Message
from shadower.agents.v1.agents_service_pb2 import AGENT_ORDER_EXECUTIONS
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.metrics.v1.metrics_service_pb2 import POINT_STATISTIC_AVERAGE

Asked = TypeVar("Asked", bound=Message)

# What a field stands for that is not set.
USUAL = {
    "time_zone": "UTC",
    "order_by": AGENT_ORDER_EXECUTIONS,
    "point_statistic": POINT_STATISTIC_AVERAGE,
}
# How an answer is got, not what it says.
APART = ("max_staleness",)
NANOS_OF_MICROSECOND = 1000


def meaning(request: Asked) -> Asked:
    """The same for all requests that have the same answer, as far as one can easily say."""
    plain = type(request)()
    plain.CopyFrom(request)
    for field, value in request.ListFields():
        if field.name in APART or USUAL.get(field.name) == value:
            plain.ClearField(field.name)
        elif field.message_type is not None and field.message_type.full_name in ALIKE:
            ALIKE[field.message_type.full_name](plain)
    return plain


def _sort_alternatives(request: Any) -> None:
    """Values of one field are alternatives: neither their order nor a repetition says anything."""
    given = request.filter.ListFields()
    request.ClearField("filter")
    for field, alternatives in given:
        getattr(request.filter, field.name).extend(sorted(set(alternatives)))


def _cut_to_microseconds(request: Any) -> None:
    for time in (request.interval.start_time, request.interval.end_time):
        time.nanos -= time.nanos % NANOS_OF_MICROSECOND


ALIKE: dict[str, Callable[[Any], None]] = {
    Filter.DESCRIPTOR.full_name: _sort_alternatives,
    TimeInterval.DESCRIPTOR.full_name: _cut_to_microseconds,
}
