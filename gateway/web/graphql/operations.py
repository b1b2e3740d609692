"""The fields that GraphQL begins with: each is an RPC that reads."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from shadower.agents.v1 import agents_service_pb2
from shadower.aggregates.v1 import aggregates_service_pb2
from shadower.ingest.v1 import pricing_service_pb2
from shadower.metrics.v1 import metrics_service_pb2
from shadower.workspaces.v1 import workspaces_service_pb2
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from gateway.web.graphql.context import Context
from gateway.web.graphql.nodes import Node, Origin
from gateway.web.graphql.requests import fill
from gateway.web.graphql.types import Types
from gateway.web.methods import Method

RESOLVE = "resolve"
METHOD = "method"


def _rpc(module: Any, service: str, name: str) -> Method:
    return Method(module.DESCRIPTOR.services_by_name[service].methods_by_name[name])


QUERIES: Mapping[str, Method] = {
    "workspace_summary": _rpc(workspaces_service_pb2, "WorkspacesService", "GetWorkspaceSummary"),
    "agents": _rpc(agents_service_pb2, "AgentsService", "ListAgents"),
    "agent_performance": _rpc(agents_service_pb2, "AgentsService", "GetAgentPerformance"),
    "metrics": _rpc(metrics_service_pb2, "MetricsService", "GetMetrics"),
    "metric_descriptors": _rpc(metrics_service_pb2, "MetricsService", "ListMetrics"),
    "aggregates": _rpc(aggregates_service_pb2, "AggregatesService", "CalculateAggregates"),
    "rollups": _rpc(aggregates_service_pb2, "AggregatesService", "ListRollups"),
    "price_table": _rpc(pricing_service_pb2, "PricingService", "GetPriceTable"),
}
STREAM = _rpc(metrics_service_pb2, "MetricsService", "StreamMetrics")
PERFORMANCE = QUERIES["agent_performance"]
# What the object around it says already.
OF_THE_AGENT = frozenset({"workspace_id", "agent_id", "interval"})


class Resolved(StrawberryField):
    """A field whose arguments and resolver are data, where StrawberryField has a function's."""

    @property
    def is_basic_field(self) -> bool:
        return False

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:  # noqa: ARG002
        return self.metadata[RESOLVE](source, info.context, kwargs)


def resolved(
    types: Types, rpc: Method, resolve: Any, *, without: frozenset[str] = frozenset(), **more: Any
) -> Any:
    """A field that is answered by an RPC. It may fail alone, so it may be absent."""
    annotation = StrawberryAnnotation(answer_type(types, rpc) | None)
    field = Resolved(
        type_annotation=annotation,
        description=types.meaning(rpc.descriptor.full_name),
        metadata={RESOLVE: resolve, METHOD: rpc},
        **more,
    )
    field.arguments = types.arguments(rpc.descriptor, without=without)
    return field


def answer_type(types: Types, rpc: Method) -> Any:
    only = _only_field(rpc.descriptor.output_type)
    told = only.message_type if only is not None else None
    return types.output(told or rpc.descriptor.output_type)


def _only_field(answer: Descriptor) -> FieldDescriptor | None:
    """An answer that is nothing but one message is told as that message."""
    [*fields] = answer.fields
    is_one = len(fields) == 1 and fields[0].message_type is not None and not fields[0].is_repeated
    return fields[0] if is_one else None


@dataclass(frozen=True)
class Ask:
    """Resolves a field by an RPC whose request is the field's arguments."""

    rpc: Method

    async def __call__(self, _: object, context: Context, given: dict[str, Any]) -> Node:
        return await ask(self.rpc, context, fill(self.rpc.request(), given.items()))


async def ask(rpc: Method, context: Context, request: Any) -> Node:
    answer: Any = await context.ask(rpc, request)
    only = _only_field(rpc.descriptor.output_type)
    told = getattr(answer, only.name) if only else answer
    return Node(told, Origin(request.workspace_id, _interval(told), context.budget))


def _interval(told: Message) -> Message | None:
    has_one = "interval" in told.DESCRIPTOR.fields_by_name and told.HasField("interval")
    return told.interval if has_one else None  # type: ignore[attr-defined]


async def performance_of(node: Node, context: Context, given: dict[str, Any]) -> Node:
    """How an agent did that is told of, in the interval that it is told of."""
    request = PERFORMANCE.request(
        workspace_id=node.origin.workspace_id,
        agent_id=node.message.agent_id,
        interval=node.origin.interval,
    )
    return await ask(PERFORMANCE, context, fill(request, given.items()))


async def stream_metrics(_: object, context: Context, given: dict[str, Any]) -> AsyncIterator[Node]:
    request = fill(STREAM.request(), given.items())
    async for message in context.stream(request):
        yield Node(message, Origin(request.workspace_id, None, context.new_budget()))


PERFORMANCE_FIELD = {
    "performance": (
        lambda types: answer_type(types, PERFORMANCE) | None,
        lambda types: resolved(types, PERFORMANCE, performance_of, without=OF_THE_AGENT),
    )
}
# Where an agent is told of, more can be asked about it.
MORE = {
    "shadower.agents.v1.AgentSummary": PERFORMANCE_FIELD,
    "shadower.workspaces.v1.AgentActivity": PERFORMANCE_FIELD,
}


def query_type(types: Types) -> Any:
    fields = {name: resolved(types, rpc, Ask(rpc)) for name, rpc in QUERIES.items()}
    return _root("Query", fields, "Questions about a workspace.")


def subscription_type(types: Types) -> Any:
    live = resolved(types, STREAM, stream_metrics, is_subscription=True)
    return _root("Subscription", {"metrics": live}, "What is told again whenever it changes.")


def _root(name: str, fields: dict[str, Any], meaning: str) -> Any:
    annotations = {key: field.type_annotation.annotation for key, field in fields.items()}
    made = type(name, (), {"__annotations__": annotations, **fields})
    return strawberry.type(made, description=meaning)
