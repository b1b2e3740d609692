"""The OpenAPI document says what the contract says."""

import json
import re
from typing import Any

import protovalidate
import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.web.reference.page import page
from gateway.web.reference.routes import FOLDER
from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract
from tools.openapi.contract import document
from tools.openapi.examples import EXAMPLES

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
        "description": "Names of 1 to 20 metrics: built-in ones, or types of metric points. "
        "A name that is neither has no points.",
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
    rating = run["properties"]["userRating"]
    assert (rating["type"], rating["minimum"], rating["maximum"]) == ("integer", 1, 5)
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


def test_what_is_served_is_what_the_contract_says() -> None:
    assert json.loads((FOLDER / "openapi.json").read_text()) == DOCUMENT


def test_the_document_is_openapi() -> None:
    # Classes of characters are regular expressions of ECMAScript, and none of Python.
    wrong = OpenAPIV31SpecValidator(DOCUMENT).iter_errors()
    assert [one.message for one in wrong if "is not a 'regex'" not in one.message] == []


def test_who_may_call_is_said() -> None:
    assert DOCUMENT["security"] == [{"bearer": []}, {"apiKey": []}]
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert schemes["apiKey"]["name"] == "x-api-key"
    assert OPERATIONS["ReportsService.OpenReportLink"]["security"] == []
    assert OPERATIONS["AgentsService.ListAgents"]["x-permission"] == "agents:read"


def test_services_without_a_way_are_not_spoken_of() -> None:
    named = {tag["name"] for tag in DOCUMENT["tags"]}
    assert named == {name for one in OPERATIONS.values() for name in one["tags"]}


def test_streams_are_marked() -> None:
    marked = {name: one["x-streaming"] for name, one in OPERATIONS.items() if "x-streaming" in one}
    assert marked["MetricsService.StreamMetrics"] == "answers"
    assert marked["IngestService.StreamRecords"] == "both"
    assert "AgentsService.ListAgents" not in marked


def test_errors_have_an_example_of_each_reason() -> None:
    examples = DOCUMENT["components"]["responses"]["404"]["content"]["application/json"]["examples"]
    status = ParseDict(examples["AGENT_NOT_FOUND"]["value"], Status())
    info = ErrorInfo()
    assert (status.code, status.details[0].Unpack(info)) == (5, True)
    assert (info.reason, info.metadata["agentId"]) == ("AGENT_NOT_FOUND", "openhands")


@pytest.mark.parametrize("name", OPERATIONS)
def test_all_is_described(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert all(one["description"] for one in operation["parameters"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_keeps_the_rules(name: str) -> None:
    path = OPERATIONS[name]["x-grpc-method"]
    method = descriptor_pool.Default().FindMethodByName(path.strip("/").replace("/", "."))
    request = GetMessageClass(method.input_type)()
    request.workspace_id = "demo"
    protovalidate.validate(ParseDict(EXAMPLES[name], request))


def test_the_page_has_every_operation_and_no_script() -> None:
    made = page(DOCUMENT)
    assert all(f'id="{name}"' in made for name in OPERATIONS)
    assert all(f'id="{name}"' in made for name in SCHEMAS)
    assert set(re.findall(r'href="#([^"]+)"', made)) <= set(re.findall(r'id="([^"]+)"', made))
    assert "<script" not in made
    assert " style=" not in made


def test_the_page_trusts_no_text() -> None:
    named = {**DOCUMENT, "info": {**DOCUMENT["info"], "title": "<script>alert(1)</script>"}}
    assert "<script" not in page(named)
