"""The edge as callers meet it: a real Envoy with the configuration of cli/edge.py."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest
import pytest_asyncio
from google.protobuf import descriptor_pool
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm
from shadower.agents.v1 import agents_service_pb2, agents_service_pb2_grpc
from shadower.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc
from shadower.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc

from cli.edge import EdgeModel, UnsafeKeyError, Upstream, envoy_path, render
from tests.e2e.edge_fixtures import (
    ORIGIN,
    SERVICES,
    Backend,
    Edge,
    Keys,
    edge_model,
    free_port,
    running_backend,
    running_edge,
    serving,
    until,
)

ACME = "/v1/workspaces/acme"
SUMMARY = f"{ACME}/summary"
METRICS = f"{ACME}/metrics"
EXECUTIONS = f"{ACME}/executions:batch"
RECORDS = f"{ACME}/records:stream"
MIB = 1024 * 1024
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "referrer-policy": "no-referrer",
}

GetMetrics = metrics_service_pb2.GetMetricsRequest
StreamMetrics = metrics_service_pb2.StreamMetricsRequest


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edge")


@pytest_asyncio.fixture(scope="session")
async def address() -> int:
    return free_port()


@pytest_asyncio.fixture(scope="session")
async def backend(address: int) -> AsyncIterator[Backend]:
    async with running_backend(address) as running:
        yield running


@pytest.fixture(scope="session")
def model(folder: Path, keys: Keys, address: int) -> EdgeModel:
    return edge_model(folder, keys, address)


@pytest_asyncio.fixture(scope="session")
async def edge(folder: Path, model: EdgeModel, keys: Keys, backend: Backend) -> AsyncIterator[Edge]:
    async with running_edge(folder, model, keys) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def hasty_edge(
    folder: Path, model: EdgeModel, keys: Keys, backend: Backend
) -> AsyncIterator[Edge]:
    """An edge that gives unary calls one second."""
    async with running_edge(folder, replace(model, unary_timeout_seconds=1), keys) as running:
        yield running


def metrics_of(edge: Edge) -> Any:
    return metrics_service_pb2_grpc.MetricsServiceStub(edge.channel)


def assert_refused(
    reply: httpx.Response, status: int, code: int, reason: str = "EDGE_REFUSED"
) -> None:
    """The one shape of errors, and the one detail of those that the edge makes itself."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert body.keys() == {"code", "message", "details"}
    assert body["code"] == code
    assert body["message"]
    assert body["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "shadower.dev",
            "metadata": {},
        }
    ]


async def grpc_refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


# --- configuration


async def test_envoy_accepts_the_configuration_without_a_warning(
    folder: Path, model: EdgeModel
) -> None:
    for environment in ("development", "production"):
        config = folder / f"{environment}.yaml"
        config.write_text(render(replace(model, environment=environment)))
        process = await asyncio.create_subprocess_exec(
            envoy_path(), "--mode", "validate", "-c", str(config), "--log-level", "warn",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        assert b"[warning]" not in output, output.decode()


def test_a_service_outside_the_contract_is_refused(model: EdgeModel) -> None:
    with pytest.raises(KeyError):
        render(replace(model, upstreams=(Upstream("shadower.no.v1.NoService", "a:1"),)))


def test_names_are_resolved_and_addresses_are_not(model: EdgeModel) -> None:
    named = replace(model, upstreams=(Upstream(SERVICES[0], "agents.mesh:50051"),))
    assert "type: STRICT_DNS" in render(named)
    assert "type: STATIC" in render(model)


def test_keys_that_are_private_or_of_another_algorithm_are_refused(
    model: EdgeModel, keys: Keys
) -> None:
    private = OKPAlgorithm.to_jwk(keys.eddsa, as_dict=True)
    ec_key = ECAlgorithm.to_jwk(keys.es256.public_key(), as_dict=True)
    shared = HMACAlgorithm.to_jwk(b"s" * 32, as_dict=True)
    for key in (private, shared, {**ec_key, "alg": "ES384"}, {"kty": "RSA"}):
        with pytest.raises(UnsafeKeyError):
            render(replace(model, jwks=json.dumps({"keys": [key]})))
    with pytest.raises(UnsafeKeyError):
        render(replace(model, jwks='{"keys": []}'))


async def test_only_the_edge_listens_beyond_loopback(
    folder: Path, model: EdgeModel, keys: Keys, backend: Backend
) -> None:
    async with running_edge(folder, replace(model, host="0.0.0.0"), keys) as edge:
        sockets = psutil.Process(edge.pid).net_connections(kind="inet")
        listening = {(s.laddr.ip, s.laddr.port) for s in sockets if s.status == "LISTEN"}
        assert listening == {("0.0.0.0", edge.model.port), ("127.0.0.1", edge.model.admin_port)}


async def test_connections_beyond_the_limit_are_closed(
    folder: Path, model: EdgeModel, keys: Keys, backend: Backend
) -> None:
    async with running_edge(folder, replace(model, max_connections=3), keys) as edge:
        streams = [await asyncio.open_connection("127.0.0.1", edge.model.port) for _ in range(4)]
        ends = [asyncio.create_task(reader.read()) for reader, _ in streams]
        ended, waiting = await asyncio.wait(ends, timeout=2, return_when=asyncio.FIRST_COMPLETED)
        assert ended
        assert waiting
        for _, writer in streams:
            writer.close()
        await asyncio.gather(*ends)


# --- JSON


@dataclass(frozen=True)
class RestCall:
    """An RPC as JSON."""

    rpc: str
    verb: str
    path: str
    body: Any = None


REST_CALLS = [
    RestCall("MetricsService.GetMetrics", "GET", f"{METRICS}?metrics=a"),
    RestCall("MetricsService.GetMetrics", "GET", "/api/v1/metrics/acme?metrics=a"),
    RestCall("MetricsService.StreamMetrics", "GET", f"{METRICS}:stream?metrics=a"),
    RestCall("MetricsService.ListMetrics", "GET", f"{ACME}/metricDescriptors"),
    RestCall("AgentsService.ListAgents", "GET", f"{ACME}/agents"),
    RestCall("AgentsService.GetAgentPerformance", "GET", f"{ACME}/agents/a/performance"),
    RestCall("WorkspacesService.GetWorkspaceSummary", "GET", SUMMARY),
    RestCall("AggregatesService.CalculateAggregates", "POST", f"{ACME}/aggregates:calculate", {}),
    RestCall("IngestService.RecordExecutions", "POST", EXECUTIONS, {}),
    RestCall("IngestService.RecordMetricPoints", "POST", f"{ACME}/metricPoints:batch", {}),
    RestCall("IngestService.RecordEvents", "POST", f"{ACME}/events:batch", {}),
    RestCall("IngestService.StreamRecords", "POST", RECORDS, [{}]),
]


def methods_of_the_contract() -> Iterator[tuple[str, str]]:
    for name in SERVICES:
        service = descriptor_pool.Default().FindServiceByName(name)
        for method in service.methods:
            yield f"{service.name}.{method.name}", method.input_type.full_name


@pytest.mark.parametrize("call", REST_CALLS, ids=lambda call: f"{call.verb} {call.path}")
async def test_every_rpc_answers_json(edge: Edge, backend: Backend, call: RestCall) -> None:
    backend.gate.set()
    reply = await edge.rest.request(call.verb, call.path, json=call.body)
    assert reply.status_code == 200, reply.text
    seen = backend.messages[-1]
    assert seen.workspace_id == "acme"
    assert seen.DESCRIPTOR.full_name == dict(methods_of_the_contract())[call.rpc]


def test_no_rpc_of_the_contract_is_left_out() -> None:
    assert {call.rpc for call in REST_CALLS} == {rpc for rpc, _ in methods_of_the_contract()}


async def test_query_parameters_reach_nested_and_repeated_fields(
    edge: Edge, backend: Backend
) -> None:
    query = (
        "metrics=a&metrics=b&interval.startTime=2026-01-01T00:00:00Z&pageSize=7"
        "&granularity=GRANULARITY_HOUR&filter.agentIds=x+y&groupBy=DIMENSION_AGENT"
    )
    reply = await edge.rest.get(f"{METRICS}?{query}")
    assert reply.status_code == 200, reply.text
    seen = backend.messages[-1]
    assert list(seen.metrics) == ["a", "b"]
    assert seen.interval.start_time.ToJsonString() == "2026-01-01T00:00:00Z"
    assert seen.page_size == 7
    assert list(seen.filter.agent_ids) == ["x y"]
    assert len(seen.group_by) == 1


async def test_zero_is_printed_and_absent_stays_absent(edge: Edge) -> None:
    summary = (await edge.rest.get(SUMMARY)).json()["summary"]
    assert summary["activeAgents"] == "0"
    assert summary["tokens"] == {"knownExecutions": "0", "unknownExecutions": "0"}
    # Set to nothing, and so there.
    assert summary["cost"]["averageCostUsd"] == ""
    assert summary.keys().isdisjoint({"successRate", "duration", "healthScore", "asOf"})
    points = (await edge.rest.get(f"{METRICS}?metrics=a")).json()["timeSeries"][0]["points"]
    assert points == [{"value": {"integer": "0"}}, {}]


async def test_int64_is_exact(edge: Edge) -> None:
    agents = (await edge.rest.get("/v1/workspaces/acme/agents")).json()["agents"]
    assert agents[0]["executions"]["total"] == str(2**60)


async def test_metrics_stream_as_events_as_they_come(edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    path = "/v1/workspaces/acme/metrics:stream"
    async with edge.rest.stream("GET", path, headers={"accept-encoding": "gzip"}) as reply:
        assert reply.headers["content-type"] == "text/event-stream"
        assert "content-encoding" not in reply.headers
        chunks = reply.aiter_text()
        first = await anext(chunks)
        backend.gate.set()
        events = (first + "".join([chunk async for chunk in chunks])).strip().split("\n\n")
    assert first.count("data: ") == 1
    messages = [json.loads(event.removeprefix("data: ")) for event in events]
    assert [message["cursor"] for message in messages] == ["1", "2", "3"]
    assert messages[0]["snapshot"] == {"timeSeries": []}
    assert messages[2]["status"]["code"] == 3


async def test_records_stream_as_an_array_each_way(edge: Edge, backend: Backend) -> None:
    before = len(backend.messages)
    batches = [{"sequence": "1", "events": [{}]}, {"sequence": 2}, {"sequence": 3}]
    reply = await edge.rest.post(RECORDS, json=batches)
    assert reply.headers["content-type"] == "application/json"
    assert [ack["sequence"] for ack in reply.json()] == ["1", "2", "3"]
    assert reply.json()[0]["counts"]["stored"] == 1
    seen = backend.messages[before:]
    assert [request.workspace_id for request in seen] == ["acme", "", ""]


async def test_no_records_are_no_acknowledgements(edge: Edge) -> None:
    assert (await edge.rest.post(RECORDS, json=[])).json() == []


async def test_json_is_compressed_for_those_who_ask(edge: Edge) -> None:
    path = "/v1/workspaces/large/metrics?metrics=a"
    plain = await edge.rest.get(path, headers={"accept-encoding": "identity"})
    packed = await edge.rest.get(path, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert packed.num_bytes_downloaded < len(plain.content) / 5


# --- what is refused


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/", 404, 5),
        ("/nope", 404, 5),
        ("/v1/workspaces/acme", 404, 5),
        ("/v1/workspaces/acme/metrics:nope", 404, 5),
        ("/shadower.metrics.v1.MetricsService/GetMetrics", 404, 5),
        (f"{METRICS}?nope=1", 400, 3),
        (f"{METRICS}?granularity=NOPE", 400, 3),
        (f"{METRICS}?pageSize=many", 400, 3),
        ("/v1/workspaces/a%2Fb/metrics", 400, 3),
        ("/v1/workspaces/a%5Cb/metrics", 400, 3),
    ],
)
async def test_what_the_contract_does_not_know(
    edge: Edge, path: str, status: int, code: int
) -> None:
    assert_refused(await edge.rest.get(path), status, code)


@pytest.mark.parametrize(
    "query",
    [
        "workspaceId=evil",
        "workspace_id=evil",
        "metrics=a&workspaceId=evil",
        "workspaceId",
        "%77orkspaceId=evil",
        "workspace%5Fid=evil",
        "metrics=a&workspace%5fid=evil&metrics=b",
    ],
)
@pytest.mark.parametrize("path", [METRICS, "/api/v1/metrics/acme"])
async def test_a_query_cannot_override_the_path(
    edge: Edge, backend: Backend, path: str, query: str
) -> None:
    before = len(backend.messages)
    assert_refused(await edge.rest.get(f"{path}?{query}"), 400, 3)
    assert len(backend.messages) == before


async def test_a_query_cannot_override_the_agent(edge: Edge) -> None:
    path = "/v1/workspaces/acme/agents/a/performance?agentId=evil"
    assert_refused(await edge.rest.get(path), 400, 3)


async def test_values_of_a_query_may_be_escaped(edge: Edge, backend: Backend) -> None:
    query = "metrics=%77&timeZone=Europe%2FBerlin%26workspaceId%3Devil"
    assert (await edge.rest.get(f"{METRICS}?{query}")).status_code == 200
    assert backend.messages[-1].time_zone == "Europe/Berlin&workspaceId=evil"
    assert backend.messages[-1].workspace_id == "acme"


async def test_a_body_cannot_override_the_path(edge: Edge, backend: Backend) -> None:
    body: dict[str, Any] = {"executions": [{}]}
    refused = await edge.rest.post(EXECUTIONS, json=body | {"workspace_id": "evil"})
    assert_refused(refused, 400, 3)
    await edge.rest.post(EXECUTIONS, json={"workspaceId": "evil"} | body)
    await edge.rest.post(EXECUTIONS, json=body | {"workspaceId": "evil"})
    assert [message.workspace_id for message in backend.messages[-2:]] == ["acme", "acme"]


@pytest.mark.parametrize(
    "body",
    [b"{nope", b"[]", b'"text"', b'{"executions": [{"status": "NOPE"}]}', b'{"executions": 7}'],
)
async def test_a_body_that_is_not_of_the_contract(edge: Edge, body: bytes) -> None:
    assert_refused(await edge.rest.post(EXECUTIONS, content=body), 400, 3)


@pytest.mark.parametrize("body", [b"{}", b'[{"sequence": 1}, {nope', b'[{"sequence": "x"}]'])
async def test_a_stream_that_is_not_of_the_contract(edge: Edge, body: bytes) -> None:
    assert_refused(await edge.rest.post(RECORDS, content=body), 400, 3)


@pytest.mark.parametrize("path", [EXECUTIONS, RECORDS])
async def test_a_body_of_more_than_8_mib(edge: Edge, path: str) -> None:
    assert_refused(await edge.rest.post(path, content=b" " * (8 * MIB + 1024)), 413, 3)


async def test_a_body_of_less_than_8_mib(edge: Edge, backend: Backend) -> None:
    text = "x" * (8 * MIB - 1024)
    reply = await edge.rest.post(EXECUTIONS, json={"executions": [{"errorMessage": text}]})
    assert reply.status_code == 200, reply.text
    assert backend.messages[-1].executions[0].error_message == text


async def test_headers_with_underscores(edge: Edge) -> None:
    reply = await edge.rest.get(SUMMARY, headers={"x_workspace_id": "evil"})
    assert_refused(reply, 400, 3)


async def test_what_filters_tell_each_other_does_not_come_from_outside(
    edge: Edge, backend: Backend
) -> None:
    forged = {"x-envoy-none": SERVICES[0], "x-envoy-original-method": "DELETE"}
    assert (await edge.rest.get(SUMMARY, headers=forged)).status_code == 200
    assert "x-envoy-none" not in backend.metadata
    assert backend.metadata["x-envoy-original-method"] == "GET"
    assert_refused(await edge.rest.get("/nope", headers=forged), 404, 5)


async def test_paths_are_normalised_before_they_are_matched(edge: Edge, backend: Backend) -> None:
    reply = await _raw_get(edge, "//v1//workspaces/evil/../acme/./summary")
    assert b"200 OK" in reply
    assert backend.messages[-1].workspace_id == "acme"


async def _raw_get(edge: Edge, path: str) -> bytes:
    """A GET whose path no client library has tidied up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.model.port)
    head = f"GET {path} HTTP/1.1\r\nhost: edge\r\nauthorization: Bearer {edge.keys.token()}\r\n"
    writer.write(f"{head}connection: close\r\n\r\n".encode())
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_errors_of_services_keep_their_details(edge: Edge) -> None:
    for path in ("/v1/workspaces/broken/summary", "/v1/workspaces/broken/metrics:stream"):
        reply = await edge.rest.get(path)
        assert reply.status_code == 400
        assert reply.headers["content-type"] == "application/json"
        body = reply.json()
        assert (body["code"], body["message"]) == (3, "interval is not valid")
        assert [detail["@type"].rpartition(".")[2] for detail in body["details"]] == [
            "ErrorInfo",
            "BadRequest",
        ]
        assert body["details"][1]["fieldViolations"][0]["field"] == "interval.end_time"


# --- tokens


def refused_tokens(keys: Keys) -> dict[str, tuple[str, str]]:
    good = keys.token()
    return {
        "unknown key": (keys.token(key=Keys().eddsa), "TOKEN_INVALID"),
        "public key as secret": (_signed_with_the_public_key(keys), "TOKEN_INVALID"),
        "unsigned": (_unsigned(keys), "TOKEN_INVALID"),
        "changed": (good[:-8] + "AAAAAAAA", "TOKEN_INVALID"),
        "not a token": ("nonsense", "TOKEN_INVALID"),
        "other issuer": (keys.token(iss="https://evil.test"), "TOKEN_INVALID"),
        "no issuer": (keys.token(iss=None), "TOKEN_INVALID"),
        "other audience": (keys.token(aud="else"), "TOKEN_INVALID"),
        "no audience": (keys.token(aud=None), "TOKEN_INVALID"),
        "no expiry": (keys.token(exp=None), "TOKEN_INVALID"),
        "expired": (keys.token(exp=time.time() - 30), "TOKEN_EXPIRED"),
        "not yet": (keys.token(nbf=time.time() + 60), "TOKEN_INVALID"),
    }


def _unsigned(keys: Keys) -> str:
    header = _base64(b'{"alg":"none","kid":"eddsa"}')
    return f"{header}.{keys.token().split('.')[1]}."


def _signed_with_the_public_key(keys: Keys) -> str:
    header = _base64(b'{"alg":"HS256","kid":"eddsa"}')
    signed = f"{header}.{keys.token().split('.')[1]}"
    mac = hmac.digest(keys.eddsa.public_key().public_bytes_raw(), signed.encode(), "sha256")
    return f"{signed}.{_base64(mac)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_tokens_that_are_refused(edge: Edge, backend: Backend) -> None:
    before = len(backend.messages)
    for case, (token, reason) in refused_tokens(edge.keys).items():
        headers = {"authorization": f"Bearer {token}"}
        reply = await edge.anonymous.get(SUMMARY, headers=headers)
        assert reply.status_code == 401, case
        assert_refused(reply, 401, 16, reason)
        call = metrics_of(edge).GetMetrics(
            GetMetrics(workspace_id="acme"), metadata=tuple(headers.items())
        )
        assert (await grpc_refusal(call)).code() == grpc.StatusCode.UNAUTHENTICATED, case
    assert len(backend.messages) == before


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic eDp5"}])
async def test_a_missing_token(edge: Edge, headers: dict[str, str]) -> None:
    reply = await edge.anonymous.get(SUMMARY, headers=headers)
    assert_refused(reply, 401, 16, "TOKEN_MISSING")


async def test_a_token_in_the_query_is_not_looked_at(edge: Edge) -> None:
    reply = await edge.anonymous.get(f"{SUMMARY}?access_token={edge.keys.token()}")
    assert_refused(reply, 401, 16, "TOKEN_MISSING")


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
async def test_a_good_token_goes_on_to_the_service(
    edge: Edge, backend: Backend, algorithm: str
) -> None:
    for scheme in ("Bearer", "bearer"):
        bearer = f"{scheme} {edge.keys.token(algorithm)}"
        reply = await edge.anonymous.get(SUMMARY, headers={"authorization": bearer})
        assert reply.status_code == 200, reply.text
        assert backend.metadata["authorization"] == bearer


async def test_a_shared_secret_only_by_choice(
    folder: Path, model: EdgeModel, keys: Keys, backend: Backend
) -> None:
    secret = b"s" * 32
    jwk = HMACAlgorithm.to_jwk(secret, as_dict=True) | {"kid": "hs256"}
    chosen = replace(model, jwks=json.dumps({"keys": [jwk]}), algorithms=("HS256",))
    async with running_edge(folder, chosen, keys) as edge:
        bearer = f"Bearer {keys.token('HS256', key=secret)}"
        accepted = await edge.anonymous.get(SUMMARY, headers={"authorization": bearer})
        assert accepted.status_code == 200, accepted.text
        assert (await edge.rest.get(SUMMARY)).status_code == 401


# --- browsers


async def test_preflights_need_no_token(edge: Edge) -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
    reply = await edge.anonymous.options(EXECUTIONS, headers=asked)
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "authorization" in reply.headers["access-control-allow-headers"]


async def test_origins_that_are_not_allowed(edge: Edge) -> None:
    asked = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    preflight = await edge.anonymous.options(EXECUTIONS, headers=asked)
    reply = await edge.rest.get(SUMMARY, headers=asked)
    assert preflight.status_code == 401
    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in reply.headers


async def test_a_page_may_read_replies_and_refusals(edge: Edge) -> None:
    for client, path in product((edge.rest, edge.anonymous), (SUMMARY, "/nope", "/health")):
        reply = await client.get(path, headers={"origin": ORIGIN})
        assert reply.headers["access-control-allow-origin"] == ORIGIN, path
        assert "grpc-status" in reply.headers["access-control-expose-headers"]


async def test_every_reply_has_security_headers(edge: Edge) -> None:
    preflight = {"origin": ORIGIN, "access-control-request-method": "GET"}
    replies = [
        await edge.rest.get(SUMMARY),
        await edge.rest.get("/v1/workspaces/broken/summary"),
        await edge.rest.get("/nope"),
        await edge.rest.get(f"{METRICS}?workspaceId=x"),
        await edge.rest.get("/v1/workspaces/a%2Fb/summary"),
        await edge.rest.get(SUMMARY, headers={"x_y": "z"}),
        await edge.rest.post(EXECUTIONS, content=b" " * (8 * MIB + 1024)),
        await edge.anonymous.get(SUMMARY),
        await edge.anonymous.get("/health"),
        await edge.anonymous.options(SUMMARY, headers=preflight),
    ]
    for reply in replies:
        assert SECURITY_HEADERS.items() <= reply.headers.items(), reply.url
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "camera=()" in reply.headers["permissions-policy"]


async def test_replies_do_not_tell_what_is_inside(edge: Edge) -> None:
    paths = (SUMMARY, "/v1/workspaces/broken/summary", "/nope", "/health")
    for reply in [await edge.rest.get(path) for path in paths]:
        leaks = [name for name in reply.headers if name.startswith(("grpc-", "x-envoy-", "server"))]
        assert leaks == [], reply.url


async def test_grpc_web(edge: Edge) -> None:
    message = GetMetrics(workspace_id="acme", metrics=["a"]).SerializeToString()
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    headers = {"content-type": "application/grpc-web+proto", "origin": ORIGIN}
    path = "/shadower.metrics.v1.MetricsService/GetMetrics"
    reply = await edge.rest.post(path, content=frame, headers=headers)
    size = int.from_bytes(reply.content[1:5], "big")
    answer = metrics_service_pb2.GetMetricsResponse.FromString(reply.content[5 : 5 + size])
    assert answer.time_series[0].metric == "a"
    assert b"grpc-status:0" in reply.content[5 + size :]
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    refused = await edge.anonymous.post(path, content=frame, headers=headers)
    assert refused.headers["grpc-status"] == "16"


# --- gRPC


async def test_native_errors_keep_their_details(edge: Edge) -> None:
    call = metrics_of(edge).GetMetrics(GetMetrics(workspace_id="broken"), metadata=edge.metadata())
    error = await grpc_refusal(call)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.reason == "VALIDATION_FAILED"


async def test_native_refusals_are_text(edge: Edge) -> None:
    # What looks like a transcoded request from outside is none.
    forged = (("x-envoy-original-path", "/v1"),)
    for metadata in ((), forged):
        call = metrics_of(edge).GetMetrics(GetMetrics(workspace_id="acme"), metadata=metadata)
        error = await grpc_refusal(call)
        assert error.code() == grpc.StatusCode.UNAUTHENTICATED
        assert error.details() == "Jwt is missing"


@pytest.mark.parametrize(
    "path",
    [
        "/shadower.metrics.v1.MetricsService/Nope",
        "/shadower.metrics.v1.MetricsService/GetMetrics/more",
        "/shadower.nope.v1.NopeService/Nope",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
async def test_only_methods_of_the_contract_are_routed(edge: Edge, path: str) -> None:
    call = edge.channel.unary_unary(path)(b"", metadata=edge.metadata())
    error = await grpc_refusal(call)
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED
    assert error.details() == "there is no such method"


async def test_headers_with_underscores_are_refused_in_grpc(edge: Edge) -> None:
    metadata = (*edge.metadata(), ("x_workspace_id", "evil"))
    call = metrics_of(edge).GetMetrics(GetMetrics(workspace_id="acme"), metadata=metadata)
    assert (await grpc_refusal(call)).code() == grpc.StatusCode.INTERNAL


async def test_more_than_a_hundred_streams_on_one_connection(edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    stub, request = metrics_of(edge), StreamMetrics(workspace_id="acme")
    calls = [stub.StreamMetrics(request, metadata=edge.metadata()) for _ in range(120)]
    async with asyncio.timeout(20):
        first = [await call.read() for call in calls]
    assert [message.cursor for message in first] == ["1"] * 120
    for call in calls:
        call.cancel()
    backend.gate.set()


async def test_records_flow_both_ways_before_the_request_ends(edge: Edge) -> None:
    stub = ingest_service_pb2_grpc.IngestServiceStub(edge.channel)
    call = stub.StreamRecords(metadata=edge.metadata())
    for sequence in (1, 2, 3):
        request = ingest_service_pb2.StreamRecordsRequest(workspace_id="acme", sequence=sequence)
        await call.write(request)
        assert (await call.read()).sequence == sequence
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF


# --- time


async def test_services_learn_the_deadline(edge: Edge, backend: Backend) -> None:
    await edge.rest.get(SUMMARY)
    assert backend.remaining is not None
    assert 29 < backend.remaining < 30.1
    stub = agents_service_pb2_grpc.AgentsServiceStub(edge.channel)
    request = agents_service_pb2.ListAgentsRequest(workspace_id="acme")
    for asked, got in ((None, 30), (5, 5), (300, 30)):
        await stub.ListAgents(request, metadata=edge.metadata(), timeout=asked)
        # grpc rounds a timeout up by some milliseconds.
        assert got - 1 < backend.remaining < got + 0.1


async def test_a_slow_service_is_a_504(hasty_edge: Edge) -> None:
    reply = await hasty_edge.rest.get("/v1/workspaces/slow/summary")
    assert reply.status_code == 504
    assert reply.json()["code"] == 4


async def test_a_body_that_does_not_arrive(hasty_edge: Edge) -> None:
    bearer = f"authorization: Bearer {hasty_edge.keys.token()}"
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty_edge.model.port)
    head = f"POST {RECORDS} HTTP/1.1\r\nhost: edge\r\n{bearer}\r\ncontent-length: 9\r\n\r\n["
    writer.write(head.encode())
    async with asyncio.timeout(5):
        reply = await reader.read()
    assert b"408 Request Timeout" in reply
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["code"] == 4
    writer.close()
    await writer.wait_closed()


async def test_no_timeout_of_the_edge_looks_like_a_call_to_repeat(edge: Edge) -> None:
    flag = "envoy.reloadable_features.grpc_timeout_returns_deadline_exceeded"
    async with httpx.AsyncClient(trust_env=False) as admin:
        runtime = (await admin.get(f"http://127.0.0.1:{edge.model.admin_port}/runtime")).json()
    assert runtime["entries"][flag]["final_value"] == "true"


async def test_a_slow_service_is_not_unavailable(hasty_edge: Edge) -> None:
    request = GetMetrics(workspace_id="slow")
    call = metrics_of(hasty_edge).GetMetrics(request, metadata=hasty_edge.metadata())
    assert (await grpc_refusal(call)).code() == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_streams_outlive_the_time_of_unary_calls(hasty_edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    path = "/v1/workspaces/acme/metrics:stream"
    call = metrics_of(hasty_edge).StreamMetrics(
        StreamMetrics(workspace_id="acme"), metadata=hasty_edge.metadata()
    )
    async with hasty_edge.rest.stream("GET", path) as reply:
        await asyncio.sleep(2.5)
        backend.gate.set()
        events = "".join([chunk async for chunk in reply.aiter_text()])
    assert events.count("data: ") == 3
    assert len([message async for message in call]) == 3


async def test_a_stream_ends_at_the_callers_deadline(edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    call = metrics_of(edge).StreamMetrics(
        StreamMetrics(workspace_id="acme"), metadata=edge.metadata(), timeout=0.5
    )
    assert (await call.read()).cursor == "1"
    assert (await grpc_refusal(call.read())).code() == grpc.StatusCode.DEADLINE_EXCEEDED
    backend.gate.set()


async def test_only_reads_are_tried_again(edge: Edge) -> None:
    async with httpx.AsyncClient(trust_env=False) as admin:
        address = (
            f"http://127.0.0.1:{edge.model.admin_port}/config_dump?resource=static_route_configs"
        )
        dump = (await admin.get(address)).json()
    routes = dump["configs"][0]["route_config"]["virtual_hosts"][0]["routes"]
    tried_again = {
        route["match"]["path"].rpartition("/")[2]: "retry_policy" in route["route"]
        for route in routes
        if "path" in route["match"]
    }
    writes = {"RecordExecutions", "RecordMetricPoints", "RecordEvents", "StreamRecords"}
    assert {name for name, again in tried_again.items() if not again} == writes
    assert len(tried_again) == len(dict(methods_of_the_contract()))


# --- health


async def test_health_follows_the_services(folder: Path, keys: Keys) -> None:
    port = free_port()
    async with running_edge(folder, edge_model(folder, keys, port), keys) as edge:
        reply = await edge.anonymous.get("/health")
        assert (reply.status_code, reply.json()) == (503, {"status": "NOT_SERVING"})
        assert_refused(await edge.rest.get(SUMMARY), 503, 14)
        call = metrics_of(edge).GetMetrics(GetMetrics(), metadata=edge.metadata())
        error = await grpc_refusal(call)
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert error.details() == "no service can answer now"
        async with running_backend(port) as backend:
            assert await _seconds_until_health(edge, 200) < 3
            await serving(backend, SERVICES[-1:], healthy=False)
            assert await _seconds_until_health(edge, 503) < 8
            assert_refused(await edge.rest.get(SUMMARY), 503, 14)
            assert (await edge.rest.get("/v1/workspaces/acme/agents")).status_code == 200
            await serving(backend, SERVICES)
            assert await _seconds_until_health(edge, 200) < 3


async def _seconds_until_health(edge: Edge, status: int) -> float:
    started = time.perf_counter()
    await until(lambda: _health_is(edge, status))
    return time.perf_counter() - started


async def _health_is(edge: Edge, status: int) -> bool:
    return (await edge.anonymous.get("/health")).status_code == status


async def test_a_start_is_ready_within_seconds(
    folder: Path, model: EdgeModel, keys: Keys, backend: Backend
) -> None:
    started = time.perf_counter()
    async with running_edge(folder, model, keys) as edge:
        reply = await edge.anonymous.get("/health")
        assert (reply.status_code, reply.json()) == (200, {"status": "SERVING"})
        assert time.perf_counter() - started < 5
