"""GraphQL's subscriptions over a WebSocket, by graphql-transport-ws."""

from random import Random
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse

from tests.support.graphql import without
from tests.support.live import BUILT_IN, HOURLY, Producer, Reader
from tests.support.runs import Client
from tests.support.web import GRAPHQL, Web

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
