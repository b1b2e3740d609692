"""GraphQL says what the RPCs say, asks each question once, and refuses what is too large."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse

from gateway.web.graphql.operations import QUERIES
from gateway.web.graphql.schema import bare_schema
from tests.support.graphql import MOMENTS, as_told, everything, without
from tests.support.keys import KeyRing
from tests.support.live import BUILT_IN, HOURLY, Producer, Reader
from tests.support.runs import SOME_TIME, Client, point, run
from tests.support.stack import Stack
from tests.support.web import GRAPHQL, Web

SCHEMA = bare_schema()._schema  # type: ignore[attr-defined]
WHEN = {"startTime": "2025-09-01T00:00:00Z", "endTime": "2025-09-03T00:00:00Z"}
INTERVAL = 'interval: {startTime: "2025-09-01T00:00:00Z", endTime: "2025-09-03T00:00:00Z"}'

# Each query: its arguments as GraphQL writes them, and the request as JSON.
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "workspaceSummary": (f'{INTERVAL}, timeZone: "Europe/Berlin"', {"timeZone": "Europe/Berlin"}),
    "agents": (
        f"{INTERVAL}, orderBy: AGENT_ORDER_COST,"
        " filter: {statuses: [EXECUTION_STATUS_SUCCEEDED]}",
        {
            "orderBy": "AGENT_ORDER_COST",
            "filter": {"statuses": ["EXECUTION_STATUS_SUCCEEDED"]},
        },
    ),
    "agentPerformance": (f'{INTERVAL}, agentId: "agent-a"', {"agentId": "agent-a"}),
    "metrics": (
        f'{INTERVAL}, metrics: ["executions", "cost", "duration_p95", "success_rate"],'
        " granularity: GRANULARITY_HOUR, groupBy: [DIMENSION_MODEL], pageSize: 3",
        {
            "metrics": ["executions", "cost", "duration_p95", "success_rate"],
            "granularity": "GRANULARITY_HOUR",
            "groupBy": ["DIMENSION_MODEL"],
            "pageSize": 3,
        },
    ),
    "metricDescriptors": ("pageSize: 50", {"pageSize": 50}),
    "aggregates": (
        f"{INTERVAL}, aggregations: [{{field: FIELD_DURATION, function: FUNCTION_PERCENTILE,"
        ' percentile: 95}, {field: FIELD_COST, function: FUNCTION_SUM, name: "sum"}],'
        " groupBy: [DIMENSION_AGENT]",
        {
            "aggregations": [
                {
                    "field": "FIELD_DURATION",
                    "function": "FUNCTION_PERCENTILE",
                    "percentile": 95,
                },
                {"field": "FIELD_COST", "function": "FUNCTION_SUM", "name": "sum"},
            ],
            "groupBy": ["DIMENSION_AGENT"],
        },
    ),
    "rollups": ("", {}),
    "priceTable": ("", {}),
}


@pytest.fixture
async def filled(client: Client) -> Client:
    runs = [
        run(
            f"run-{number}",
            SOME_TIME + timedelta(minutes=13 * number),
            end_time=SOME_TIME + timedelta(minutes=13 * number, seconds=number + 1),
            agent_id=f"agent-{'abc'[number % 3]}",
            status="failed" if number % 4 == 0 else "succeeded",
            model=["m-1", None, "m-2"][number % 3],
            user_id=f"u-{number % 5}",
            cost_usd=f"0.{number:03}" if number % 2 else None,
            input_tokens=10**10 + number,
            output_tokens=number,
            user_rating=number % 5 + 1,
        )
        for number in range(30)
    ]
    await client.record(runs)
    await client.record_points([point("depth", 1.5, SOME_TIME, region="eu")])
    return client


@pytest.fixture
def token(client: Client, keys: KeyRing) -> str:
    return keys.token(client.workspace)


def error_of(answer: Any) -> tuple[int, str, str]:
    extensions = answer.json()["errors"][0]["extensions"]
    return answer.status_code, extensions["code"], extensions["reason"]


@pytest.mark.parametrize("field", QUESTIONS)
async def test_every_query_says_what_its_rpc_says(
    web: Web, stack: Stack, filled: Client, token: str, field: str
) -> None:
    written, content = QUESTIONS[field]
    workspace = f'workspaceId: "{filled.workspace}"'
    query = everything(SCHEMA, "Query", field, ", ".join(filter(None, (workspace, written))))
    answer = await web.ask(token, query)
    assert "errors" not in answer.json(), answer.text
    found = without(MOMENTS, answer.json()["data"][field])
    expected = await asked_of_the_service(stack, filled, field, content, INTERVAL in written)
    assert found == expected
    assert found


async def asked_of_the_service(
    stack: Stack, client: Client, field: str, content: dict[str, Any], has_interval: bool
) -> Any:
    rpc = QUERIES["".join(f"_{c.lower()}" if c.isupper() else c for c in field)]
    given = {
        "workspaceId": client.workspace,
        **content,
        **({"interval": WHEN} if has_interval else {}),
    }
    request = ParseDict(given, rpc.request())
    stub = STUBS[rpc.service](stack.stubs)
    answer = as_told(await getattr(stub, rpc.descriptor.name)(request, metadata=client.metadata))
    [*parts] = answer.values()
    return parts[0] if field in ("workspaceSummary", "agentPerformance") else answer


STUBS = {
    "shadower.workspaces.v1.WorkspacesService": lambda stubs: stubs.workspaces,
    "shadower.agents.v1.AgentsService": lambda stubs: stubs.agents,
    "shadower.metrics.v1.MetricsService": lambda stubs: stubs.metrics,
    "shadower.aggregates.v1.AggregatesService": lambda stubs: stubs.aggregates,
    "shadower.ingest.v1.PricingService": lambda stubs: stubs.pricing,
}


def test_every_query_is_tried() -> None:
    query = SCHEMA.query_type
    assert query is not None
    assert set(query.fields) == set(QUESTIONS)


async def test_agents_tell_how_they_did_in_the_same_interval(
    web: Web, filled: Client, token: str
) -> None:
    query = f"""query($workspace: String!) {{
        agents(workspaceId: $workspace, {INTERVAL}) {{
            agents {{ agentId performance {{ executions {{ total }} interval {{ endTime }} }} }}
        }}
        agent: agentPerformance(workspaceId: $workspace, agentId: "agent-b", {INTERVAL}) {{
            executions {{ total }}
        }}
    }}"""
    told = (await web.ask(token, query, workspace=filled.workspace)).json()["data"]
    agents = {one["agentId"]: one["performance"] for one in told["agents"]["agents"]}
    assert {name: one["executions"]["total"] for name, one in agents.items()} == {
        "agent-a": "10",
        "agent-b": "10",
        "agent-c": "10",
    }
    assert {one["interval"]["endTime"] for one in agents.values()} == {WHEN["endTime"]}
    assert told["agent"]["executions"] == {"total": "10"}


async def test_variables_of_every_kind_reach_the_service(
    web: Web, filled: Client, token: str
) -> None:
    query = """query($w: String!, $interval: TimeIntervalInput, $filter: FilterInput,
                     $staleness: Duration, $size: Int) {
        agents(workspaceId: $w, interval: $interval, filter: $filter, maxStaleness: $staleness,
               pageSize: $size, ascending: true) { agents { agentId } nextPageToken }
    }"""
    answer = await web.ask(
        token,
        query,
        w=filled.workspace,
        interval=WHEN,
        filter={"agentIds": ["agent-a", "agent-b"], "models": None},
        staleness="0.5s",
        size=1,
    )
    told = answer.json()["data"]["agents"]
    assert len(told["agents"]) == 1
    assert told["nextPageToken"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            '{priceTable(workspaceId: "other") {version}}',
            (200, "PERMISSION_DENIED", "WORKSPACE_DENIED"),
        ),
        (
            "{agents(workspaceId: $w, pageSize: -1) {nextPageToken}}",
            (200, "INVALID_ARGUMENT", "VALIDATION_FAILED"),
        ),
        (
            '{agentPerformance(workspaceId: $w, agentId: "none") {agentId}}',
            (200, "NOT_FOUND", "AGENT_NOT_FOUND"),
        ),
        (
            '{aggregates(workspaceId: $w, aggregations: [{field: FIELD_COST, metricType: "x",'
            " function: FUNCTION_SUM}]) {rows {labels}}}",
            (200, "INVALID_ARGUMENT", "VALIDATION_FAILED"),
        ),
        ("{nothing}", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        (
            "{agents(workspaceId: $w, nothing: 1) {nextPageToken}}",
            (400, "INVALID_ARGUMENT", "OPERATION_INVALID"),
        ),
        (
            "{agents(workspaceId: 7) {nextPageToken}}",
            (400, "INVALID_ARGUMENT", "OPERATION_INVALID"),
        ),
        (
            "{agents(workspaceId: $w, orderBy: UP) {nextPageToken}}",
            (400, "INVALID_ARGUMENT", "OPERATION_INVALID"),
        ),
        (
            '{agents(workspaceId: $w, interval: {startTime: "noon", endTime: "one"})'
            " {nextPageToken}}",
            (400, "INVALID_ARGUMENT", "OPERATION_INVALID"),
        ),
        ("{agents {nextPageToken}}", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("{agents(workspaceId: $w)}", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("{", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("\x00\ud7ff{é", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("# nothing", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("fragment f on Query {nothing}", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("mutation {a}", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        (
            "subscription {metrics(workspaceId: $w, metrics: []) {cursor}}",
            (400, "INVALID_ARGUMENT", "OPERATION_INVALID"),
        ),
        (
            "query a {__typename} query b {__typename}",
            (400, "INVALID_ARGUMENT", "OPERATION_INVALID"),
        ),
        (
            "query {...f} fragment f on Query {...g} fragment g on Query {...f}",
            (400, "INVALID_ARGUMENT", "OPERATION_INVALID"),
        ),
        ("query {...f} fragment f on Query {...f}", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ("{__schema {types {name}}}", (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
        ('{__type(name: "Query") {name}}', (400, "INVALID_ARGUMENT", "OPERATION_INVALID")),
    ],
)
async def test_what_is_wrong_is_told_as_a_status(
    web: Web, client: Client, token: str, query: str, expected: tuple[int, str, str]
) -> None:
    written = query.replace("$w", f'"{client.workspace}"')
    assert error_of(await web.ask(token, written)) == expected


def bombs() -> dict[str, tuple[str, str]]:
    """By name: an operation, and the measure by which it is refused."""
    deep = "{".join(['agents(workspaceId: "w")', *(["agents"] * 20), "agentId"]) + "}" * 21
    nested = "".join(f"fragment f{n} on Query {{...f{n + 1} ...f{n + 1}}} " for n in range(40))
    spread = "".join(
        f"fragment f{n} on ListAgentsResponse "
        f"{{agents {{performance {{agentId}}}} ...f{n + 1} ...f{n + 1}}} "
        for n in range(20)
    )
    performance = "agents {performance {agentId}}"
    return {
        "aliases": ("{" + " ".join(f"a{n}: __typename" for n in range(40)) + "}", "aliases"),
        "aliases in fragments": (
            "{" + "...f " * 20 + "} fragment f on Query {a: __typename b: __typename}",
            "aliases",
        ),
        "depth": (f"{{{deep}}}", "depth"),
        "tokens": ("{" + " ".join(["__typename"] * 2000) + "}", "tokens"),
        "braces": ("{a" * 700 + "}" * 700, "depth"),
        "brackets": ("{a(b: " + "[" * 700 + "]" * 700 + ")}", "depth"),
        "calls": (f'{{agents(workspaceId: "w", pageSize: 500) {{{performance}}}}}', "cost"),
        "points": (
            '{metrics(workspaceId: "w", metrics: ["cost"], pageSize: 10000) '
            "{timeSeries {points {startTime value {integer real decimal}}}}}",
            "cost",
        ),
        "nested fragments": (
            "{...f0} " + nested + "fragment f40 on Query {a: __typename}",
            "aliases",
        ),
        "nested calls": (
            '{agents(workspaceId: "w") {...f0}} '
            + spread
            + "fragment f20 on ListAgentsResponse {nextPageToken}",
            "cost",
        ),
    }


@pytest.mark.parametrize("name", bombs())
async def test_bombs_do_not_go_off(web: Web, token: str, name: str) -> None:
    query, measure = bombs()[name]
    answer = await asyncio.wait_for(web.ask(token, query), 5)
    assert error_of(answer) == (400, "INVALID_ARGUMENT", "OPERATION_TOO_LARGE"), answer.text
    details = answer.json()["errors"][0]["extensions"]["details"]
    assert details[0]["metadata"]["measure"] == measure


async def test_a_variable_counts_as_what_it_is(web: Web, client: Client, token: str) -> None:
    query = """query($w: String!, $size: Int = 500) {
        agents(workspaceId: $w, pageSize: $size) {agents {performance {agentId}}}
    }"""
    assert error_of(await web.ask(token, query, w=client.workspace))[2] == "OPERATION_TOO_LARGE"
    answer = await web.ask(token, query, w=client.workspace, size=5)
    assert answer.json() == {"data": {"agents": {"agents": []}}}


async def test_a_megabyte_is_refused(web: Web, token: str) -> None:
    answer = await web.ask(token, "{__typename}" + " " * 2**20)
    assert error_of(answer) == (400, "INVALID_ARGUMENT", "MESSAGE_TOO_LARGE")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"query": "{__typename}"}', "text/plain"),
        (b'{"query": "{__typename}"}', "application/x-www-form-urlencoded"),
        (b'{"query": "{__typename}"}', "multipart/form-data; boundary=x"),
        (b'{"query": "{__typename}"}', ""),
        (b"{__typename}", "application/json"),
        (b'[{"query": "{__typename}"}, {"query": "{__typename}"}]', "application/json"),
        (b'{"query": 7}', "application/json"),
        (b'{"query": "{__typename}", "variables": []}', "application/json"),
        (b'{"query": "{__typename}", "operationName": {}}', "application/json"),
        (b"[" * 5000, "application/json"),
        (b"\xff", "application/json"),
        (b"", "application/json"),
    ],
)
async def test_only_one_query_as_json_is_a_request(
    web: Web, token: str, body: bytes, content_type: str
) -> None:
    headers = {"authorization": f"Bearer {token}", "content-type": content_type}
    answer = await web.http.post("/graphql", content=body, headers=headers)
    assert error_of(answer) == (400, "INVALID_ARGUMENT", "OPERATION_INVALID")


async def test_a_query_in_the_address_is_none(web: Web, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    answer = await web.http.get("/graphql?query={__typename}", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["details"][0]["reason"] == "EDGE_REFUSED"


async def test_nobody_asks_without_a_good_token(web: Web, keys: KeyRing) -> None:
    assert error_of(await web.ask(None, "{__typename}")) == (
        401,
        "UNAUTHENTICATED",
        "TOKEN_MISSING",
    )
    expired = keys.token("w", exp=1)
    assert error_of(await web.ask(expired, "{__typename}"))[2] == "TOKEN_EXPIRED"


async def test_the_callers_deadline_is_kept(web: Web, client: Client, token: str) -> None:
    content = {"query": f'{{priceTable(workspaceId: "{client.workspace}") {{version}}}}'}
    headers = {"authorization": f"Bearer {token}", "grpc-timeout": "1u"}
    answer = await web.http.post("/graphql", json=content, headers=headers)
    assert error_of(answer)[1:] == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")


SUBSCRIPTION = """subscription($w: String!, $interval: TimeIntervalInput, $cursor: String) {
    metrics(workspaceId: $w, metrics: ["executions", "running", "success_rate", "cost",
        "duration_p95"], interval: $interval, granularity: GRANULARITY_HOUR, cursor: $cursor,
        heartbeatInterval: "1s") {
        cursor asOf
        snapshot { timeSeries { ...all } interval { startTime endTime } }
        delta { timeSeries { ...all } replaced { startTime endTime } }
    }
}
fragment all on TimeSeries {
    metric labels points { startTime value { integer real decimal } }
}"""


async def test_a_subscription_tells_what_the_rpc_answers(
    web: Web, client: Client, token: str
) -> None:
    producer, reader = (
        Producer(client, Random(5)),
        Reader(client, HOURLY | BUILT_IN),
    )
    await producer.step()
    variables = {"w": client.workspace, "interval": MessageToDict(HOURLY["interval"])}
    async with web.socket("/graphql", protocol=GRAPHQL) as socket:
        await socket.say("connection_init", payload={"token": token})
        assert (await socket.hear())["type"] == "connection_ack"
        payload = {"query": SUBSCRIPTION, "variables": variables}
        await socket.say("subscribe", id="a", payload=payload)
        while "delta" not in reader.kinds or reader.kinds[-1] is not None:
            message = (await socket.hear_of("next"))["payload"]["data"]["metrics"]
            told = ParseDict(without((), message), StreamMetricsResponse())
            if reader.kinds == ["snapshot"]:
                await producer.step()
            reader.take(told)
        await reader.check()
        await socket.say("complete", id="a")
        await socket.say("ping")
        await socket.hear_of("pong")
        await socket.say("subscribe", id="b", payload={"query": "{__typename}"})
        assert (await socket.hear_of("next"))["payload"] == {"data": {"__typename": "Query"}}
        assert (await socket.hear())["type"] == "complete"


@pytest.mark.parametrize(
    ("payload", "kind", "expected"),
    [
        (None, "error", "OPERATION_INVALID"),
        ({"query": "{nothing}"}, "error", "OPERATION_INVALID"),
        ({"query": "{" + " ".join(["__typename"] * 2000) + "}"}, "error", "OPERATION_TOO_LARGE"),
        ({"query": SUBSCRIPTION, "variables": {"w": "other"}}, "next", "WORKSPACE_DENIED"),
    ],
)
async def test_a_bad_operation_ends_itself_alone(
    web: Web, token: str, payload: Any, kind: str, expected: str
) -> None:
    async with web.socket("/graphql", protocol=GRAPHQL) as socket:
        await socket.say("connection_init", payload={"token": token})
        await socket.hear()
        await socket.say("subscribe", id="a", payload=payload)
        message = await socket.hear()
        assert (message["type"], message["id"]) == (kind, "a")
        errors = message["payload"]["errors"] if kind == "next" else message["payload"]
        assert errors[0]["extensions"]["reason"] == expected
        await socket.say("ping")
        await socket.hear_of("pong")


async def test_the_protocol_of_sockets_is_kept(web: Web, token: str) -> None:
    async with web.socket("/graphql", protocol=GRAPHQL) as socket:
        await socket.say("subscribe", id="a", payload={"query": "{__typename}"})
        assert (await socket.ended())[0] == 4401
    async with web.socket("/graphql", protocol=GRAPHQL) as socket:
        for _ in range(2):
            await socket.say("connection_init", payload={"token": token})
        assert (await socket.ended())[0] == 4429
    async with web.socket("/graphql", protocol="graphql-ws") as socket:
        assert (await socket.ended())[0] == 4406
