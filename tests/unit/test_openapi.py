"""The OpenAPI document says what the contract says."""

import re
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pool

from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract
from tools.openapi.contract import document

DOCUMENT = document()
OPERATIONS = {
    operation["operationId"]: operation
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
}
SCHEMAS = DOCUMENT["components"]["schemas"]


def parameter(operation: str, name: str) -> Any:
    (found,) = [one for one in OPERATIONS[operation]["parameters"] if one["name"] == name]
    return found


def sent(operation: str) -> Any:
    return OPERATIONS[operation]["requestBody"]["content"]["application/json"]["schema"]


def test_every_way_to_every_rpc_is_there() -> None:
    find = descriptor_pool.Default().FindMethodByName
    ways = set()
    for rpc in rpcs_of_the_contract():
        if rpc.service.startswith(CONTRACT):
            options = find(f"{rpc.service}.{rpc.name}").GetOptions()
            rule = options.Extensions[annotations_pb2.http]
            for one in (rule, *rule.additional_bindings):
                if verb := one.WhichOneof("pattern"):
                    ways.add((getattr(one, verb), verb))
    assert ways == {(path, verb) for path, verbs in DOCUMENT["paths"].items() for verb in verbs}
    assert len(ways) == len(OPERATIONS) >= 25


def test_a_reference_leads_somewhere() -> None:
    references = set(re.findall(r"'#/components/schemas/([\w.]+)'", str(DOCUMENT)))
    assert references == SCHEMAS.keys()


def test_fields_of_messages_are_parameters_of_queries() -> None:
    assert parameter("MetricsService.GetMetrics", "metrics") == {
        "name": "metrics",
        "in": "query",
        "required": True,
        "schema": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$"},
            "minItems": 1,
            "maxItems": 20,
            "uniqueItems": True,
        },
    }
    page_size = parameter("AgentsService.ListAgents", "pageSize")
    assert page_size["schema"] == {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    start = parameter("AgentsService.ListAgents", "interval.startTime")
    assert (start["required"], start["schema"]["format"]) == (False, "date-time")


def test_what_the_path_says_is_not_asked_for_again() -> None:
    content = sent("IngestService.RecordExecutions")
    assert content["required"] == ["executions"]
    assert content["properties"].keys() == {"executions"}
    assert content["properties"]["executions"]["maxItems"] == 1000


def test_rules_of_fields_are_kept() -> None:
    run = SCHEMAS["shadower.ingest.v1.Execution.Sent"]
    assert run["required"] == ["executionId", "agentId", "status", "startTime"]
    assert run["properties"]["userRating"] == {"type": "integer", "minimum": 1, "maximum": 5}
    assert "EXECUTION_STATUS_UNSPECIFIED" not in run["properties"]["status"]["enum"]
    assert run["properties"]["metadata"]["maxProperties"] == 64


@pytest.mark.parametrize("name", OPERATIONS)
def test_errors_are_a_status(name: str) -> None:
    assert OPERATIONS[name]["responses"]["403"] == {"$ref": "#/components/responses/403"}
    error = DOCUMENT["components"]["responses"]["403"]["content"]["application/json"]["schema"]
    assert error == {"$ref": "#/components/schemas/google.rpc.Status"}
    assert SCHEMAS["google.rpc.Status"]["required"] == ["code", "message", "details"]


def test_absent_is_not_zero() -> None:
    """What has presence need not be answered; all else always is."""
    usage = SCHEMAS["shadower.common.v1.TokenUsage"]
    assert usage["required"] == ["knownExecutions", "unknownExecutions"]
    assert usage["additionalProperties"] is False


def test_streams_are_events() -> None:
    answer = OPERATIONS["MetricsService.StreamMetrics"]["responses"]["200"]["content"]
    data = answer["text/event-stream"]["schema"]["properties"]["data"]
    assert data["contentSchema"]["$ref"].endswith("StreamMetricsResponse")
    both_ways = OPERATIONS["IngestService.StreamRecords"]
    assert both_ways["responses"]["200"]["content"]["application/json"]["schema"]["type"] == "array"
    assert sent("IngestService.StreamRecords")["type"] == "array"
