"""The kinds of facts that a file can hold, with the names that their fields go by elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from shadower.ingest.v1.event_pb2 import Event
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from cli.failures import UsageError

Names = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Kind:
    """A kind of fact: its message, the request's field that carries it, and aliases of fields."""

    name: str
    request_field: str
    message: type[Message]
    aliases: Names

    @cached_property
    def fields(self) -> Mapping[str, FieldDescriptor]:
        return {
            field.name: cast(FieldDescriptor, field) for field in self.message.DESCRIPTOR.fields
        }

    def names(self) -> Names:
        """Under which names each field is looked for, the contract's own ones first."""
        return {
            name: (name, field.json_name, *self.aliases.get(name, ()))
            for name, field in self.fields.items()
        }

    def checked_target(self, target: str) -> str:
        """The target itself: a field, or a key inside one as in metadata.task."""
        field, _, key = target.partition(".")
        if field not in self.fields:
            raise UsageError(f"{self.name} have no field {field!r}: {', '.join(self.fields)}")
        if key and self.fields[field].message_type is None:
            raise UsageError(f"{field} has no parts, so {target!r} cannot be set")
        return target


EXECUTIONS = Kind(
    "executions",
    "executions",
    Execution,
    {
        "execution_id": ("run_id", "id"),
        "agent_id": ("agent",),
        "user_id": ("user",),
        "model": ("model_name",),
        "start_time": ("started_at", "startedAt"),
        "end_time": ("ended_at", "endedAt", "finished_at", "completed_at"),
        "input_tokens": ("prompt_tokens",),
        "output_tokens": ("completion_tokens",),
        "cached_input_tokens": ("cached_tokens",),
        "cost_usd": ("cost",),
        "user_rating": ("rating",),
        "error_message": ("error",),
    },
)
METRIC_POINTS = Kind(
    "metric-points",
    "metric_points",
    MetricPoint,
    {
        "point_id": ("id",),
        "metric_type": ("metric", "name"),
        "timestamp": ("time", "ts"),
        "tags": ("labels",),
    },
)
EVENTS = Kind(
    "events",
    "events",
    Event,
    {
        "event_id": ("id",),
        "type": ("event_type", "eventType"),
        "timestamp": ("time", "ts", "occurred_at"),
        "user_id": ("user",),
        "data": ("payload",),
    },
)
KINDS = {kind.name: kind for kind in (EXECUTIONS, METRIC_POINTS, EVENTS)}


def kind_named(name: str) -> Kind:
    """Raises UsageError."""
    if name not in KINDS:
        raise UsageError(f"{name!r} is no kind: {', '.join(KINDS)}")
    return KINDS[name]
