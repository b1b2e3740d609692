"""What holds for every RPC of the contract, and for every reason that the code gives."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from buf.validate import validate_pb2
from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from shadower.access.v1 import access_service_pb2
from shadower.agents.v1 import agents_service_pb2
from shadower.aggregates.v1 import aggregates_service_pb2
from shadower.alerts.v1 import alerts_service_pb2
from shadower.bus.v1 import dead_letters_service_pb2
from shadower.common.v1 import permission_pb2 as options
from shadower.common.v1.error_reason_pb2 import ErrorReason
from shadower.common.v1.limit_class_pb2 import LimitClass
from shadower.exports.v1 import exports_service_pb2
from shadower.ingest.v1 import (
    ingest_service_pb2,
    otlp_http_service_pb2,
    otlp_pb2,
    pricing_service_pb2,
)
from shadower.limits.v1 import limits_service_pb2
from shadower.metrics.v1 import metrics_service_pb2
from shadower.notifications.v1 import notifications_service_pb2
from shadower.reports.v1 import reports_service_pb2
from shadower.runtime.v1 import cache_service_pb2, statistics_service_pb2
from shadower.scheduler.v1 import scheduler_service_pb2
from shadower.upkeep.v1 import (
    erasure_service_pb2,
    health_service_pb2,
    retention_service_pb2,
)
from shadower.workspaces.v1 import workspaces_service_pb2

from cli.edge.routes import path_fields, routes_of
from gateway.limits.limit import DEFAULTS
from services.runtime.contract import (
    class_name,
    foreign_contracts,
    method_contract,
    permission_name,
    role_grants,
    waiting_classes,
)

ROOT = Path(__file__).parent.parent.parent
# Where faults are made.
ROOMS = ("services", "gateway", "scheduler")
MODULES = (
    access_service_pb2,
    agents_service_pb2,
    aggregates_service_pb2,
    alerts_service_pb2,
    cache_service_pb2,
    dead_letters_service_pb2,
    exports_service_pb2,
    ingest_service_pb2,
    limits_service_pb2,
    metrics_service_pb2,
    notifications_service_pb2,
    otlp_http_service_pb2,
    pricing_service_pb2,
    reports_service_pb2,
    scheduler_service_pb2,
    erasure_service_pb2,
    health_service_pb2,
    retention_service_pb2,
    statistics_service_pb2,
    workspaces_service_pb2,
)
METHODS: dict[str, MethodDescriptor] = {
    method.full_name: method
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
SERVICE_PROTOS = sorted((ROOT / "proto").glob("shadower/*/v1/*_service.proto"))
# Each is another one, told once; and whom it is told to notices.
# They make a secret, or send a message.
DO_MORE_EACH_TIME = {
    "CreateApiKey",
    "RotateApiKey",
    "CreateReportLink",
    "RotateSecret",
    "TestTarget",
    "RetryDelivery",
}


def bindings(method: MethodDescriptor) -> list[http_pb2.HttpRule]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    return [rule, *rule.additional_bindings]


def test_all_services_of_the_contract_are_looked_at() -> None:
    texts = [path.read_text() for path in SERVICE_PROTOS]
    rpcs = [name for text in texts for name in re.findall(r"^  rpc (\w+)\(", text, re.MULTILINE)]
    assert sorted(rpcs) == sorted(method.name for method in METHODS.values())
    assert len(rpcs) >= 11


@pytest.mark.parametrize("name", METHODS)
def test_an_rpc_needs_a_permission(name: str) -> None:
    number = METHODS[name].GetOptions().Extensions[options.required_permission]
    assert number in {value for value in options.Permission.values() if value}
    contract = method_contract(f"/{name.rpartition('.')[0]}/{name.rpartition('.')[2]}")
    assert contract
    assert contract.permission == permission_name(number) != ""


@pytest.mark.parametrize("name", METHODS)
def test_an_rpc_is_charged_to_a_budget_that_there_is(name: str) -> None:
    contract = method_contract(f"/{name.rpartition('.')[0]}/{name.rpartition('.')[2]}")
    assert contract
    assert contract.limit_class in DEFAULTS


def test_every_class_has_a_budget() -> None:
    assert set(DEFAULTS) == {class_name(number) for number in LimitClass.values() if number}
    assert class_name(LimitClass.LIMIT_CLASS_UNSPECIFIED) == ""
    assert set(DEFAULTS) > waiting_classes()


@pytest.mark.parametrize("name", METHODS)
def test_an_rpc_says_whether_it_may_be_repeated(name: str) -> None:
    method = METHODS[name]
    level = method.GetOptions().idempotency_level
    number = method.GetOptions().Extensions[options.required_permission]
    writes = permission_name(number).endswith(":write")
    if method.name in DO_MORE_EACH_TIME:
        assert level == MethodOptions.IDEMPOTENCY_UNKNOWN
        return
    assert level == (MethodOptions.IDEMPOTENT if writes else MethodOptions.NO_SIDE_EFFECTS)


def is_of_a_process(name: str) -> bool:
    """About the process that is asked, not about the mesh: there is no way to it from outside."""
    return name.startswith("shadower.runtime.v1.")


@pytest.mark.parametrize("name", [name for name in METHODS if is_of_a_process(name)])
def test_what_is_of_a_process_has_no_path(name: str) -> None:
    assert [rule.WhichOneof("pattern") for rule in bindings(METHODS[name])] == [None]


@pytest.mark.parametrize("name", [name for name in METHODS if not is_of_a_process(name)])
def test_an_rpc_has_a_path_in_its_workspace(name: str) -> None:
    is_implied = METHODS[name].GetOptions().Extensions[options.workspace_may_be_implied]
    body = "body" if "Otlp" in name else "*"
    for rule in bindings(METHODS[name]):
        kind = rule.WhichOneof("pattern")
        assert kind in ("get", "post")
        assert "{workspace_id}" in getattr(rule, kind) or is_implied
        assert rule.body == (body if kind == "post" else "")


def test_only_otlp_and_health_may_leave_the_workspace_out() -> None:
    """What services are is nobody's own."""
    implied = {
        method.containing_service.name
        for method in METHODS.values()
        if method.GetOptions().Extensions[options.workspace_may_be_implied]
    }
    assert implied == {"OtlpHttpService", "HealthService"}


def test_only_a_link_to_a_report_lets_in_without_a_token() -> None:
    by_secret = {
        method.name
        for method in METHODS.values()
        if method.GetOptions().Extensions[options.admits_by_secret]
    }
    assert by_secret == {"OpenReportLink"}


def test_methods_of_others_have_a_policy_of_ours() -> None:
    foreign = foreign_contracts(otlp_pb2.DESCRIPTOR)
    assert {path.rpartition(".")[2] for path in foreign} == {
        "TraceService/Export",
        "MetricsService/Export",
    }
    for path, contract in foreign.items():
        assert contract.path == path
        assert contract.permission == "ingest:write"
        assert contract.workspace_may_be_implied
        assert contract.limit_class == "ingestion"
        assert 0 < contract.max_request_bytes <= 4 * 1024 * 1024


def test_what_changes_things_or_is_dear_waits_for_the_limiter() -> None:
    assert waiting_classes() == {"administration", "reports", "exports"}
    routes = list(routes_of("shadower.limits.v1.LimitsService"))
    waiting = {route.path.rpartition("/")[2] for route in routes if route.waits_for_the_limiter}
    assert {"UpdateLimit", "DeleteQuota"} <= waiting
    assert {route.limit_class for route in routes} <= set(DEFAULTS)


def test_no_two_rpcs_share_a_path() -> None:
    rules = [rule for method in METHODS.values() for rule in bindings(method)]
    paths = [str(rule).partition("\n")[0] for rule in rules if rule.WhichOneof("pattern")]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("name", METHODS)
def test_a_request_names_its_workspace(name: str) -> None:
    field = METHODS[name].input_type.fields_by_name["workspace_id"]
    assert (field.number, field.type) == (1, FieldDescriptor.TYPE_STRING)


def test_words_of_a_request_have_no_byte_that_a_database_refuses() -> None:
    """By a pattern, a list or a format; what is left is read by us, or only compared."""
    ours = {"page_token", "cursor", "time_zone", "schedule", "etag", "subject"}
    free = {field.full_name for field in words_of_requests() if not is_of_a_form(field)}
    assert {name for name in free if name.rpartition(".")[2] not in ours} == set()


def words_of_requests() -> Iterator[FieldDescriptor]:
    left, seen = [method.input_type for method in METHODS.values()], set[str]()
    while left:
        message = left.pop()
        if message.full_name in seen or not message.full_name.startswith("shadower."):
            continue
        seen.add(message.full_name)
        left += [field.message_type for field in message.fields if field.message_type]
        if not message.GetOptions().map_entry:
            yield from (one for one in message.fields if one.type == FieldDescriptor.TYPE_STRING)


def is_of_a_form(field: FieldDescriptor) -> bool:
    rules = field.GetOptions().Extensions[validate_pb2.field]
    words = rules.repeated.items.string if rules.HasField("repeated") else rules.string
    return bool(words.pattern or words.uuid or getattr(words, "in"))


def test_a_request_has_a_limit_of_bytes_below_the_transport() -> None:
    for name in METHODS:
        contract = method_contract(f"/{name.rpartition('.')[0]}/{name.rpartition('.')[2]}")
        assert contract
        assert 0 < contract.max_request_bytes <= 4 * 1024 * 1024


def test_roles_grant_known_permissions_only() -> None:
    known = {permission_name(number) for number in options.Permission.values() if number}
    assert set(role_grants()) == {"owner", "admin", "analyst", "member", "viewer", "service"}
    # What concerns all workspaces is for operators and the scheduler only, and in no role.
    operators = {"cache:read", "cache:write", "limits:write", "jobs:read", "jobs:write"}
    operators |= {"alert_evaluations:write", "report_runs:write", "report_erasures:write"}
    operators |= {"retention_runs:write", "erasure_runs:write", "health_checks:write"}
    operators |= {"statistics:read"}
    assert set().union(*role_grants().values()) == known - operators
    assert permission_name(options.PERMISSION_UNSPECIFIED) == ""


def test_a_method_that_is_not_ours_has_no_contract() -> None:
    assert method_contract("/grpc.health.v1.Health/Check") is None


FAULTS = {
    *("Fault", "InvalidArgument", "NotFound", "AlreadyExists", "Unauthenticated"),
    *("PermissionDenied", "ResourceExhausted", "Unavailable", "DeadlineExceeded"),
    *("invalid_field", "invalid_fields", "ItemKind", "_info", "_letter", "DeadLetter"),
}
REASON = re.compile(r"^[A-Z]+(_[A-Z]+)*$")


def sources() -> list[Path]:
    return sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))


def reasons(source: Path) -> Iterator[str]:
    """Constants in the place of a reason, wherever a fault is made."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in FAULTS:
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            texts = [one.value for one in given if isinstance(one, ast.Constant)]
            yield from (text for text in texts if isinstance(text, str) and REASON.match(text))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def known_reasons() -> set[str]:
    return {name.removeprefix("ERROR_REASON_") for name, number in ErrorReason.items() if number}


@pytest.mark.parametrize("source", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_reason_stands_in_the_contract(source: Path) -> None:
    assert set(reasons(source)) <= known_reasons()


def test_the_reasons_of_the_contract_are_given_somewhere() -> None:
    given = {reason for source in sources() for reason in reasons(source)}
    # VALIDATION_FAILED is the default of invalid_fields; EDGE_REFUSED is the edge's to say.
    assert given | {"VALIDATION_FAILED", "EDGE_REFUSED"} == known_reasons()


def test_enums_begin_with_what_is_not_set() -> None:
    pool = descriptor_pool.Default()
    for name in ("ErrorReason", "Permission", "Role", "ExecutionStatus", "ErrorType", "Dimension"):
        first = pool.FindEnumTypeByName(f"shadower.common.v1.{name}").values[0]
        assert (first.number, first.name.endswith("_UNSPECIFIED")) == (0, True)


def test_no_query_parameter_has_the_name_of_a_field_in_a_path() -> None:
    """The edge refuses those: by one, a caller could override a path."""
    served = [method for method in METHODS.values() if bindings(method)[0].WhichOneof("pattern")]
    in_paths = set(path_fields(served))
    found = {
        f"{method.full_name}: {field.name}"
        for method in METHODS.values()
        for rule in bindings(method)
        if rule.WhichOneof("pattern") == "get"
        # There, the workspace is that of the token or of a header: as a parameter it is refused.
        if rule.get != "/health/detailed"
        for field in method.input_type.fields
        if f"{{{field.name}}}" not in rule.get and field.name in in_paths
    }
    assert found == set()
