"""Aggregations of the contract as those of the query engine."""

from shadower.aggregates.v1.aggregation_pb2 import Aggregation as AggregationMessage
from shadower.aggregates.v1.aggregation_pb2 import Field
from shadower.aggregates.v1.aggregation_pb2 import Function as FunctionEnum

from services.warehouse.queries.aggregation import Aggregation, Function


def aggregation(message: AggregationMessage) -> Aggregation:
    return Aggregation(
        function=Function(function_name(message)),
        field=field_name(message),
        metric_type=message.metric_type,
        percentile=message.percentile,
    )


def function_name(message: AggregationMessage) -> str:
    return FunctionEnum.Name(message.function).removeprefix("FUNCTION_").lower()


def field_name(message: AggregationMessage) -> str:
    """ "" if it is of metric points."""
    if not message.HasField("field"):
        return ""
    return Field.Name(message.field).removeprefix("FIELD_").lower()
