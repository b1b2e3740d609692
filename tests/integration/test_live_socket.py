"""Metrics over a WebSocket: what StreamMetrics says, bounded in every direction."""

import asyncio
import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.keys import KeyRing
from tests.support.live import BUILT_IN, HOURLY, Producer, Reader
from tests.support.runs import Client, run, time_of
from tests.support.web import CLIENT, SERVER, Socket, Web


def question(client: Client, **more: Any) -> dict[str, Any]:
    """The same as the reader of the gRPC stream asks."""
    request = Reader(client, HOURLY | BUILT_IN)
    return asked(request) | more


def asked(reader: Reader) -> dict[str, Any]:
    request = StreamMetricsRequest(workspace_id=reader.client.workspace, **reader.query)
    return MessageToDict(request) | {"heartbeatInterval": "1s"}


def told(message: dict[str, Any]) -> StreamMetricsResponse:
    return ParseDict(message["response"], StreamMetricsResponse())


async def follow(socket: Socket, reader: Reader) -> None:
    """Reads until nothing changed after what was done by now."""
    now = datetime.now(UTC)
    while True:
        message = await socket.hear()
        assert message["type"] == "next", message
        response = told(message)
        reader.take(response)
        if response.HasField("heartbeat") and time_of(response.as_of) > now:
            return


def reason(message: dict[str, Any]) -> str:
    return str(message["status"]["details"][0]["reason"])


async def test_a_socket_tells_what_the_rpc_answers(web: Web, client: Client, token: str) -> None:
    producer = Producer(client, Random(7))
    await producer.step()
    reader = Reader(client, HOURLY | BUILT_IN)
    async with web.live(token) as socket:
        await socket.say("subscribe", id="a", request=asked(reader))
        for _ in range(3):
            await follow(socket, reader)
            await reader.check()
            await producer.step()
        await follow(socket, reader)
    assert reader.kinds[0] == "snapshot"
    assert "delta" in reader.kinds
    await reader.check()


def test_the_protocols_schema_knows_its_messages(client: Client) -> None:
    for known in ({"type": "subscribe", "id": "a", "request": question(client)}, {"type": "ping"}):
        assert CLIENT.is_valid(known)
    for unknown in ({"type": "subscribe", "id": "a"}, {"type": "pang"}, {"type": "ping", "x": 1}):
        assert not CLIENT.is_valid(unknown)
    told = {"type": "next", "id": "a", "response": {"cursor": "c", "heartbeat": {}}}
    assert SERVER.is_valid(told)
    assert not SERVER.is_valid(told | {"response": {"cursor": "c"}})


async def test_a_cursor_goes_on_where_it_ended(web: Web, client: Client, token: str) -> None:
    producer, reader = Producer(client, Random(8)), Reader(client, HOURLY | BUILT_IN)
    await producer.step()
    async with web.live(token) as socket:
        await socket.say("subscribe", id="a", request=asked(reader))
        await follow(socket, reader)
    await producer.step()
    async with web.live(token) as socket:
        await socket.say("subscribe", id="b", request=asked(reader) | {"cursor": reader.cursor})
        first = await socket.hear()
        reader.take(told(first))
        assert "delta" in first["response"]
        await follow(socket, reader)
    await reader.check()


async def test_what_is_unsubscribed_is_heard_no_more(web: Web, client: Client, token: str) -> None:
    async with web.live(token) as socket:
        await socket.say("subscribe", id="a", request=question(client))
        await socket.hear_of("next")
        await socket.say("unsubscribe", id="a")
        await socket.hear_of("complete")
        await client.record([run("r-1", HOURLY["interval"].start_time.ToDatetime())])
        await socket.say("ping")
        assert (await socket.hear())["type"] == "pong"
        # The name is free again.
        await socket.say("subscribe", id="a", request=question(client))
        assert (await socket.hear())["response"]["snapshot"]


async def test_an_interval_that_ends_completes(web: Web, client: Client, token: str) -> None:
    past = {"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-02T00:00:00Z"}
    async with web.live(token) as socket:
        await socket.say("subscribe", id="a", request=question(client, interval=past))
        assert (await socket.hear())["type"] == "next"
        assert await socket.hear() == {"type": "complete", "id": "a"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"metrics": []}, "VALIDATION_FAILED"),
        ({"workspaceId": "somebody-elses"}, "WORKSPACE_DENIED"),
        ({"unknown": 1}, "VALIDATION_FAILED"),
        ({"interval": 7}, "VALIDATION_FAILED"),
        ({"interval": {"startTime": 1e300}}, "VALIDATION_FAILED"),
        ({"pointStatistic": 99}, "VALIDATION_FAILED"),
        ({"cursor": "of no stream"}, "PAGE_TOKEN_INVALID"),
    ],
)
async def test_a_bad_question_ends_itself_alone(
    web: Web, client: Client, token: str, change: dict[str, Any], expected: str
) -> None:
    async with web.live(token) as socket:
        await socket.say("subscribe", id="bad", request=question(client, **change))
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", "bad")
        assert reason(message) == expected
        await socket.say("subscribe", id="good", request=question(client))
        assert (await socket.hear())["id"] == "good"


async def test_a_role_without_the_permission_is_refused(
    web: Web, client: Client, keys: KeyRing
) -> None:
    async with web.live(keys.token(client.workspace, role="nobody")) as socket:
        await socket.say("subscribe", id="a", request=question(client))
        assert reason(await socket.hear()) == "PERMISSION_MISSING"


async def test_a_connection_has_so_many_subscriptions(web: Web, client: Client, token: str) -> None:
    async with web.live(token) as socket:
        for name in "abcd":
            await socket.say("subscribe", id=name, request=question(client))
        error = await socket.hear_of("error")
        assert (error["id"], reason(error)) == ("d", "TOO_MANY_SUBSCRIPTIONS")


async def test_a_name_has_one_subscription(web: Web, client: Client, token: str) -> None:
    async with web.live(token) as socket:
        for _ in range(2):
            await socket.say("subscribe", id="a", request=question(client))
        code, said = await socket.ended()
    assert code == 4409
    assert said.startswith("SUBSCRIPTION_EXISTS")
    assert reason(socket.heard[-1]) == "SUBSCRIPTION_EXISTS"


async def test_the_token_may_come_as_a_header(web: Web, client: Client, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with web.socket(additional_headers=headers) as socket:
        await socket.say("connection_init")
        assert (await socket.hear())["type"] == "connection_ack"
    with pytest.raises(InvalidStatus) as refused:
        async with web.socket(additional_headers={"authorization": "Bearer x.y.z"}):
            pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body or b"")["details"][0]["reason"] == "TOKEN_INVALID"


async def test_a_token_in_the_query_is_none(web: Web, token: str) -> None:
    async with web.socket(f"/v1/live?access_token={token}&token={token}") as socket:
        await socket.say("connection_init")
        assert (await socket.ended())[0] == 4401


@pytest.mark.parametrize(
    ("message", "code", "expected"),
    [
        ("not json", 4400, "SOCKET_MESSAGE_INVALID"),
        ('["connection_init"]', 4400, "SOCKET_MESSAGE_INVALID"),
        ('{"type": 7}', 4400, "SOCKET_MESSAGE_INVALID"),
        ("{" * 30_000, 4400, "SOCKET_MESSAGE_INVALID"),
        (b"\x00\xff", 4400, "SOCKET_MESSAGE_INVALID"),
        ('{"type": "subscribe", "id": "a"}', 4401, "TOKEN_MISSING"),
        ('{"type": "connection_init"}', 4401, "TOKEN_MISSING"),
        ('{"type": "connection_init", "token": 7}', 4400, "SOCKET_MESSAGE_INVALID"),
        ('{"type": "connection_init", "token": "a.b.c"}', 4401, "TOKEN_INVALID"),
    ],
)
async def test_who_does_not_introduce_himself_is_let_go(
    web: Web, message: str | bytes, code: int, expected: str
) -> None:
    async with web.socket() as socket:
        await socket.connection.send(message)
        assert (await socket.ended())[0] == code
    assert [reason(one) for one in socket.heard] == [expected]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "hello"},
        {"type": "subscribe"},
        {"type": "subscribe", "id": ""},
        {"type": "subscribe", "id": "x" * 65},
        {"type": "subscribe", "id": ["a"]},
        {"type": "unsubscribe", "id": None},
        {"type": "token"},
        {"type": "connection_init"},
    ],
)
async def test_what_is_not_of_the_protocol_ends_it(
    web: Web, token: str, message: dict[str, Any]
) -> None:
    async with web.live(token) as socket:
        await socket.connection.send(json.dumps(message))
        assert (await socket.ended())[0] == 4400


async def test_an_unknown_subprotocol_is_refused(web: Web) -> None:
    async with web.socket(protocol="mqtt") as socket:
        assert (await socket.ended())[0] == 4406


async def test_a_token_must_come_in_time(web: Web) -> None:
    async with web.socket() as socket:
        began = time.monotonic()
        assert (await socket.ended())[0] == 4408
    assert 0.8 < time.monotonic() - began < 5
    assert reason(socket.heard[-1]) == "TOKEN_MISSING"


async def test_an_expired_token_ends_the_connection_and_says_why(
    web: Web, client: Client, keys: KeyRing
) -> None:
    short = keys.token(client.workspace, exp=int(time.time()) + 2)
    async with web.live(short) as socket:
        await socket.say("subscribe", id="a", request=question(client))
        code, said = await socket.ended()
    assert code == 4440
    assert said.startswith("TOKEN_EXPIRED")
    assert reason(socket.heard[-1]) == "TOKEN_EXPIRED"


async def test_a_new_token_goes_on_with_everything(web: Web, client: Client, keys: KeyRing) -> None:
    reader = Reader(client, HOURLY | BUILT_IN)
    short = keys.token(client.workspace, exp=int(time.time()) + 3)
    async with web.live(short) as socket:
        await socket.say("subscribe", id="a", request=asked(reader))
        await follow(socket, reader)
        await socket.say("token", token=keys.token(client.workspace))
        await socket.hear_of("token_ack")
        # Beyond the end of the first one.
        await asyncio.sleep(3.5)
        await Producer(client, Random(9)).step()
        await follow(socket, reader)
    assert reader.kinds.count("snapshot") == 1
    assert "delta" in reader.kinds
    await reader.check()


async def test_a_new_token_that_allows_less_ends_what_it_does_not_allow(
    web: Web, client: Client, token: str, keys: KeyRing
) -> None:
    async with web.live(token) as socket:
        await socket.say("subscribe", id="a", request=question(client))
        await socket.hear_of("next")
        await socket.say("token", token=keys.token("elsewhere"))
        error = await socket.hear_of("error")
    assert (error["id"], reason(error)) == ("a", "WORKSPACE_DENIED")
    assert error["cursor"]


async def test_messages_too_fast_end_it(web: Web, token: str) -> None:
    async with web.live(token) as socket:
        for _ in range(60):
            await socket.say("pong")
        code, said = await socket.ended()
    assert code == 4429
    assert said.startswith("TOO_MANY_MESSAGES")


async def test_pings_are_answered_and_too_many_end_it(web: Web, token: str) -> None:
    async with web.live(token, ping_interval=None) as socket:
        await asyncio.wait_for(await socket.connection.ping(), 5)
        await socket.say("ping")
        assert (await socket.hear())["type"] == "pong"
        with suppress(ConnectionClosed):
            for _ in range(100):
                await socket.connection.ping()
                # What comes after the end would take the reason away with it.
                await asyncio.sleep(0.01)
        assert (await socket.ended())[0] == 1008


async def test_a_message_too_large_ends_it(web: Web, token: str) -> None:
    async with web.live(token) as socket:
        await socket.say("ping", filling="x" * 70_000)
        assert (await socket.ended())[0] == 1009


async def test_fragments_too_large_together_end_it(web: Web, token: str) -> None:
    async with web.live(token) as socket:
        await socket.connection.send(["x" * 10_000 for _ in range(10)])
        assert (await socket.ended())[0] == 1009


@pytest.mark.parametrize("rest", [b"", b"x"])
async def test_a_message_that_never_ends_is_ended(web: Web, token: str, rest: bytes) -> None:
    async with web.live(token, ping_interval=None) as socket:
        protocol = socket.connection.protocol
        protocol.send_text(b'{"type":', fin=False)
        for _ in range(30):
            if protocol.close_rcvd is not None:
                break
            socket.connection.transport.write(b"".join(protocol.data_to_send()))
            await asyncio.sleep(0.1)
            if protocol.state.name == "OPEN":
                protocol.send_continuation(rest, fin=False)
        assert (await socket.ended())[0] == 1008


async def test_garbage_instead_of_frames_ends_it(web: Web, token: str) -> None:
    async with web.live(token) as socket:
        socket.connection.transport.write(b"\xff" * 100)
        assert (await socket.ended())[0] in (1002, 1007)
    assert (await web.http.get("/health")).json() == {"status": "SERVING"}


OPENING = {
    "host": "web",
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
MALFORMED = {
    "no key": {"sec-websocket-key": ""},
    "a bad key": {"sec-websocket-key": "x"},
    "an old version": {"sec-websocket-version": "8"},
    "a long header": {"authorization": f"Bearer {'a' * 9_000}"},
    "many headers": {f"x-header-{number}": "1" for number in range(200)},
    "a body": {"content-length": "3"},
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_malformed_opening_is_refused_at_once(web: Web, what: str) -> None:
    host, _, port = web.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    headers = (OPENING | MALFORMED[what]).items()
    lines = ["GET /v1/live HTTP/1.1", *(f"{name}: {value}" for name, value in headers if value)]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    heard = await asyncio.wait_for(reader.read(-1), 2)
    writer.close()
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    said = json.loads(body)
    assert (said["code"], said["details"][0]["reason"]) == (3, "EDGE_REFUSED")
