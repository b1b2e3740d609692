"""Attacks by paths, queries, bodies and headers: what a request says of itself."""

from typing import Any

import grpc
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest

from cli.edge.model import WEB
from tests.security.attacks import (
    INTERNAL,
    USUAL,
    Attack,
    Target,
    Trial,
    bearer,
    got,
    status_of,
    was_refused,
)
from tests.support.edge_calls import EXECUTIONS, METRICS, SUMMARY, metrics_of
from tests.support.edge_insides import ACCESS, LIMITS
from tests.support.edge_mutation import Configuration

UPGRADE = (
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
)
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED


def get(path: str, refused: int, **headers: str) -> Trial:
    async def trial(target: Target) -> bool:
        return was_refused(await status_of(target, path, **headers), refused)

    return trial


async def another_workspace_by_the_query(target: Target) -> bool:
    status = await status_of(target, f"{METRICS}?workspaceId=evil")
    if status == 200:
        assert target.backend.messages[-1].workspace_id == "evil"
    return was_refused(status, 400)


async def another_workspace_by_the_body(target: Target) -> bool:
    body = {"executions": [{}], "workspace_id": "evil"}
    return was_refused((await target.edge.rest.post(EXECUTIONS, json=body)).status_code, 400)


def native(path: str) -> Trial:
    """A call in gRPC. The edge says by its own words that there is no such method."""

    async def trial(target: Target) -> bool:
        call: Any = target.edge.channel.unary_unary(path)(b"", metadata=target.edge.metadata())
        code, details = await call.code(), await call.details()
        assert code in (grpc.StatusCode.OK, UNIMPLEMENTED), details
        return bool(details == "there is no such method")

    return trial


async def an_unknown_service_by_grpc_web(target: Target) -> bool:
    reply = await target.edge.rest.post(
        "/grpc.health.v1.Health/Check",
        content=bytes(5),
        headers={"content-type": "application/grpc-web+proto"},
    )
    status = reply.headers.get("grpc-status", "0")
    assert status in ("0", str(UNIMPLEMENTED.value[0])), reply.headers
    return status != "0"


async def a_socket_elsewhere(target: Target) -> bool:
    head = await got(target, "/v1/elsewhere", *UPGRADE)
    return was_refused(int(head.split()[1]), 403, through=(101,))


async def the_path_that_json_had(target: Target) -> bool:
    """By which a call would be charged to another workspace."""
    forged = ("x-envoy-original-path", "/v1/workspaces/evil/metrics")
    target.insides.charged.clear()
    await metrics_of(target.edge).GetMetrics(
        GetMetricsRequest(workspace_id="acme"), metadata=(*target.edge.metadata(), forged)
    )
    assert target.insides.charged
    return not any("evil" in one.get("path", "") for one in target.insides.charged)


async def the_mark_of_a_lease(target: Target) -> bool:
    """By which a call would pass without being charged."""
    forged = tuple((f"x-shadower-lent-{one}", "9") for one in ("limit", "remaining", "reset"))
    target.insides.charged.clear()
    await metrics_of(target.edge).GetMetrics(
        GetMetricsRequest(workspace_id="acme"), metadata=(*target.edge.metadata(), *forged)
    )
    return bool(target.insides.charged)


async def a_header_of_the_filters(target: Target) -> bool:
    """That by which a route would be told its cluster."""
    assert await status_of(target, SUMMARY, **{"x-envoy-none": WEB}) == 200
    return "x-envoy-none" not in target.backend.metadata


async def what_only_the_edge_asks(target: Target) -> bool:
    """By which a service would leave its answer out."""
    claimed = ("x-shadower-has", "*")
    await metrics_of(target.edge).GetMetrics(
        GetMetricsRequest(workspace_id="acme"), metadata=(*target.edge.metadata(), claimed)
    )
    return "x-shadower-has" not in target.backend.metadata


def names_no_server(path: str, word: str) -> Trial:
    async def trial(target: Target) -> bool:
        reply = await target.edge.anonymous.get(path, headers=bearer(target))
        assert reply.status_code == 200
        assert reply.headers.get("server", word) == word
        return "server" not in reply.headers

    return trial


def has_no_route_for_overriding(configuration: Configuration) -> None:
    [route] = [one for one in configuration.routes if one.get("name") == "overriding-query"]
    configuration.routes.remove(route)


def ignores_unknown_parameters(configuration: Configuration) -> None:
    transcoder = configuration.filter("grpc_json_transcoder")
    transcoder["request_validation_options"]["reject_unknown_query_parameters"] = False
    transcoder["ignore_unknown_query_parameters"] = True


def lets_bodies_contradict(configuration: Configuration) -> None:
    options = configuration.filter("grpc_json_transcoder")["request_validation_options"]
    options["reject_binding_body_field_collisions"] = False


def passes_unknown_paths_on(configuration: Configuration) -> None:
    options = configuration.filter("grpc_json_transcoder")["request_validation_options"]
    options["reject_unknown_method"] = False
    [route] = [one for one in configuration.routes if one.get("name") == "json"]
    route["route"] = {"cluster": WEB}


def keeps_escaped_slashes(configuration: Configuration) -> None:
    configuration.manager["path_with_escaped_slashes_action"] = "KEEP_UNCHANGED"


def routes_whatever_is_grpc(configuration: Configuration) -> None:
    [route] = [one for one in configuration.routes if one.get("name") == "unknown-method"]
    place = configuration.routes.index(route)
    clusters = {
        "/envoy.service.auth.": ACCESS,
        "/envoy.service.ratelimit.": LIMITS,
        "/": "shadower.metrics.v1.MetricsService",
    }
    configuration.routes[place : place + 1] = [
        {"match": {**route["match"], "prefix": prefix}, "route": {"cluster": cluster}}
        for prefix, cluster in clusters.items()
    ]


def upgrades_anywhere(configuration: Configuration) -> None:
    for route in configuration.routes:
        if "upgrade_configs" in route.get("route", {}):
            del route["match"]["path"]
            route["match"]["prefix"] = "/"


def allows_underscores(configuration: Configuration) -> None:
    options = configuration.manager["common_http_protocol_options"]
    del options["headers_with_underscores_action"]


def believes_headers_of_filters(configuration: Configuration) -> None:
    del configuration.manager["early_header_mutation_extensions"]


def names_itself(configuration: Configuration) -> None:
    del configuration.manager["server_header_transformation"]


def names_servers_inside(configuration: Configuration) -> None:
    mutations = configuration.filter("http.header_mutation")["mutations"]
    mutations["response_mutations"].remove({"remove": "server"})


def _native(name: str, path: str) -> Attack:
    return Attack(name, native(path), routes_whatever_is_grpc, USUAL)


ATTACKS = (
    Attack(
        "another workspace by the query",
        another_workspace_by_the_query,
        has_no_route_for_overriding,
        USUAL,
    ),
    Attack(
        "another workspace by the body",
        another_workspace_by_the_body,
        lets_bodies_contradict,
        USUAL,
    ),
    Attack("an unknown parameter", get(f"{METRICS}?a=1", 400), ignores_unknown_parameters, USUAL),
    Attack("an unknown path", get("/nope", 404), passes_unknown_paths_on, USUAL),
    Attack(
        "an escaped slash",
        get("/v1/workspaces/a%2Fb/summary", 400),
        keeps_escaped_slashes,
        USUAL,
    ),
    _native("a service that is not listed", "/grpc.health.v1.Health/Check"),
    _native("a method that is not listed", "/shadower.metrics.v1.MetricsService/Nope"),
    _native("the limiter", "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"),
    _native("who knows keys", "/envoy.service.auth.v3.Authorization/Check"),
    Attack(
        "a service that is not listed, by gRPC-Web",
        an_unknown_service_by_grpc_web,
        routes_whatever_is_grpc,
        USUAL,
    ),
    Attack("a WebSocket elsewhere", a_socket_elsewhere, upgrades_anywhere, USUAL),
    Attack(
        "a header with underscores",
        get(SUMMARY, 400, x_workspace_id="evil"),
        allows_underscores,
        USUAL,
    ),
    Attack(
        "a header of the edge's filters",
        a_header_of_the_filters,
        believes_headers_of_filters,
        USUAL,
    ),
    Attack(
        "the path that JSON had",
        the_path_that_json_had,
        believes_headers_of_filters,
        INTERNAL,
    ),
    Attack("the mark of a lease", the_mark_of_a_lease, believes_headers_of_filters, USUAL),
    Attack(
        "what only the edge asks",
        what_only_the_edge_asks,
        believes_headers_of_filters,
        USUAL,
    ),
    Attack("the edge's name", names_no_server(SUMMARY, "envoy"), names_itself, USUAL),
    Attack(
        "the name of a server inside",
        names_no_server("/graphql", "inside/1.0"),
        names_servers_inside,
        USUAL,
    ),
)
