"""GraphQL says what the RPCs say, and of what is wrong the same."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from gateway.web.graphql.operations import QUERIES
from gateway.web.graphql.schema import bare_schema
from tests.support.graphql import MOMENTS, as_told, error_of, everything, without
from tests.support.runs import SOME_TIME, Client, point, run
from tests.support.stack import Stack
from tests.support.web import Web

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
