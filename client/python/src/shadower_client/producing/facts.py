"""Facts and their encodings, and the calls that record them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shadower.ingest.v1 import event_pb2, execution_pb2, metric_point_pb2

from shadower_client.api.ingest import (
    RECORD_EVENTS,
    RECORD_EXECUTIONS,
    RECORD_METRIC_POINTS,
    Event,
    Execution,
    MetricPoint,
)
from shadower_client.codec import decode, fill_from
from shadower_client.method import Method, new_id
from shadower_client.producing.buffer import Entry
from shadower_client.producing.settings import Fact


@dataclass(frozen=True)
class Kind:
    """Of facts."""

    field: str
    """Of the request that holds them."""
    message: Any
    method: Method[Any]
    id: str = ""
    """Of the id that makes it harmless to send a fact again, where a producer may leave it out."""

    def encode(self, fact: Fact) -> bytes:
        message = self.message()
        fill_from(message, fact)
        if self.id and not getattr(message, self.id):
            setattr(message, self.id, new_id())
        return bytes(message.SerializeToString())

    def request(self, entries: Sequence[Entry]) -> Any:
        request = self.method.request(workspace_id=entries[0].workspace)
        target = getattr(request, self.field)
        for entry in entries:
            target.add().MergeFromString(entry.body)
        return request

    def fact(self, entry: Entry) -> Fact:
        fact: Fact = decode(self.message.FromString(entry.body))
        return fact


KINDS: dict[type[Fact], Kind] = {
    Execution: Kind("executions", execution_pb2.Execution, RECORD_EXECUTIONS),
    MetricPoint: Kind(
        "metric_points", metric_point_pb2.MetricPoint, RECORD_METRIC_POINTS, "point_id"
    ),
    Event: Kind("events", event_pb2.Event, RECORD_EVENTS, "event_id"),
}
BY_FIELD = {kind.field: kind for kind in KINDS.values()}
