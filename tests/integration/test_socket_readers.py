"""Readers who are slow, who are many, and who are told to go; and services that go away."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.flood import CALM, POINTS, Flood, running_flood
from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.web import Web, running_web

REQUEST = {"workspaceId": "w", "metrics": ["executions"]}
LIMITS = {
    "slow_reader_seconds": 1.5,
    "max_sockets": 4,
    "max_unknown_sockets": 2,
    "sockets_per_subject": 3,
    "subscriptions_per_subject": 3,
    "streams_per_connection": 2,
}
MOST_MESSAGES = 200


@pytest.fixture(scope="module")
def shared_flood() -> Flood:
    return Flood()


@pytest.fixture
def flood(shared_flood: Flood) -> Flood:
    """As if nobody had asked anything yet."""
    shared_flood.forget()
    return shared_flood


@pytest.fixture(scope="module")
async def web(
    shared_flood: Flood, keys: KeyRing, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    logs = tmp_path_factory.mktemp("web")
    async with (
        running_flood(shared_flood) as address,
        running_web(address, keys, jwks_file, logs, **LIMITS) as running,
    ):
        yield running


def narrow(web: Web) -> socket.socket:
    """The system reads little ahead for whoever connects by it."""
    connected = socket.socket()
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    connected.connect(("127.0.0.1", int(web.address.rpartition(":")[2])))
    return connected


def newest(message: dict[str, Any]) -> int:
    return int(message["response"]["cursor"])


async def test_slow_readers_hear_less_and_the_latest(web: Web, flood: Flood, keys: KeyRing) -> None:
    async with web.live(keys.token("w"), max_queue=1, sock=narrow(web)) as reader:
        await reader.say("subscribe", id="a", request=REQUEST)
        message, known = await reader.hear(), 0
        for _ in range(MOST_MESSAGES):
            if newest(message) > known + 1:
                break
            known = newest(message)
            await asyncio.sleep(0.1)
            message = await reader.hear()
        series = message["response"]["delta"]["timeSeries"]
        values = {int(point["value"]["integer"]) for point in series[0]["points"]}
    assert len(series[0]["points"]) == POINTS
    assert values == {newest(message)}
    # What came between was told with it.
    assert newest(message) > known + 1


async def test_who_takes_nothing_is_closed_and_others_are_not_late(
    web: Web, flood: Flood, keys: KeyRing
) -> None:
    async with web.live(keys.token("w"), max_queue=1) as stuck, web.live(keys.token("w")) as good:
        stuck.connection.transport.pause_reading()
        await stuck.say("subscribe", id="a", request=REQUEST)
        await good.say("subscribe", id="b", request=REQUEST | {"workspaceId": CALM})
        late = []
        until = time.monotonic() + 3
        while time.monotonic() < until:
            message = await good.hear()
            late.append(flood.told.get(CALM, 0) - newest(message))
        stuck.connection.transport.resume_reading()
        code, said = await stuck.ended()
    assert (code, said.partition(":")[0]) == (4441, "CLIENT_TOO_SLOW")
    # Of twenty messages a second.
    assert sorted(late)[len(late) // 2] < 20


async def test_there_is_room_for_so_many(web: Web, keys: KeyRing) -> None:
    async with AsyncExitStack() as stack:
        for subject in "abcd":
            await stack.enter_async_context(web.live(keys.token("w", sub=subject)))
        await assert_busy(web, keys.token("w", sub="e"), limit="4")


async def assert_busy(web: Web, token: str | None, limit: str) -> None:
    """The handshake is refused."""
    headers = bearer(token) if token else {}
    with pytest.raises(InvalidStatus) as refused:
        async with web.socket(additional_headers=headers):
            pass
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["retry-after"] == "1"
    info = json.loads(refused.value.response.body or b"")["details"][0]
    assert (info["reason"], info["metadata"]) == ("SERVER_BUSY", {"limit": limit})


async def test_strangers_do_not_fill_the_room(web: Web, keys: KeyRing) -> None:
    async with web.socket() as first, web.socket():
        await assert_busy(web, None, limit="2")
        async with web.socket(additional_headers=bearer(keys.token("w", sub="known"))):
            await assert_busy(web, None, limit="2")
        # Who has said who he is makes room for another one.
        await first.say("connection_init", token=keys.token("w"))
        assert (await first.hear())["type"] == "connection_ack"
        async with web.socket():
            pass


async def test_one_subject_does_not_fill_the_room(web: Web, keys: KeyRing) -> None:
    header = bearer(keys.token("w"))
    async with (
        web.live(keys.token("w")),
        web.live(keys.token("w")) as second,
        web.socket(additional_headers=header),
    ):
        await assert_busy(web, keys.token("w"), limit="3")
        async with web.socket() as fourth:
            await fourth.say("connection_init", token=keys.token("w"))
            code, said = await fourth.ended()
        assert (code, said.partition(":")[0]) == (1013, "SERVER_BUSY")
        # Another token of the same is nothing new; one of another's makes room.
        await second.say("token", token=keys.token("w"))
        await second.hear_of("token_ack")
        await second.say("token", token=keys.token("w", sub="other"))
        await second.hear_of("token_ack")
        async with web.live(keys.token("w")):
            pass


async def test_one_subject_has_so_many_subscriptions(web: Web, flood: Flood, keys: KeyRing) -> None:
    flood.pause_seconds = 10
    async with web.live(keys.token("w")) as first, web.live(keys.token("w")) as second:
        for socket_, name in ((first, "a"), (first, "b"), (second, "c")):
            await socket_.say("subscribe", id=name, request=REQUEST)
            await socket_.hear_of("next")
        await second.say("subscribe", id="d", request=REQUEST)
        error = await second.hear_of("error")
        assert error["id"] == "d"
        assert error["status"]["details"][0]["reason"] == "SERVER_BUSY"
        async with web.live(keys.token("w", sub="other")) as other:
            await other.say("subscribe", id="e", request=REQUEST)
            await other.hear_of("next")
        await first.say("unsubscribe", id="a")
        await first.hear_of("complete")
        await second.say("subscribe", id="d", request=REQUEST)
        await second.hear_of("next")


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_streams_are_spread_and_carry_the_callers_own_token(
    web: Web, flood: Flood, keys: KeyRing
) -> None:
    flood.pause_seconds = 10
    tokens = [keys.token("w", sub=f"reader-{number}") for number in range(4)]
    sockets = []
    for token in tokens:
        trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        opening = web.socket(additional_headers=trace)
        sockets.append(await opening.__aenter__())
        await sockets[-1].say("connection_init", token=token)
        await sockets[-1].say("subscribe", id="a", request=REQUEST)
        await sockets[-1].hear_of("next")
    assert [seen["authorization"] for seen in flood.metadata] == [f"Bearer {t}" for t in tokens]
    assert all(seen["traceparent"].startswith("00-4bf92f35") for seen in flood.metadata)
    for one in sockets:
        await one.connection.close()


async def test_a_service_that_goes_away_is_told_with_the_cursor(
    flood: Flood, keys: KeyRing, jwks_file: Path, tmp_path: Path
) -> None:
    flood.pause_seconds = 10
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(AsyncExitStack())
        address = await service.enter_async_context(running_flood(flood))
        web = await stack.enter_async_context(running_web(address, keys, jwks_file, tmp_path))
        reader = await stack.enter_async_context(web.live(keys.token("w")))
        await reader.say("subscribe", id="a", request=REQUEST)
        await reader.hear_of("next")
        await service.aclose()
        error = await reader.hear_of("error")
        # The connection stays, and may ask again.
        await reader.say("ping")
        await reader.hear_of("pong")
    assert error["status"]["code"] == 14
    assert error["cursor"] in ("0", "1")


async def test_nobody_at_the_address_is_unavailable(
    keys: KeyRing, jwks_file: Path, tmp_path: Path
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    async with running_web(nowhere, keys, jwks_file, tmp_path) as web:
        async with web.live(keys.token("w")) as reader:
            await reader.say("subscribe", id="a", request=REQUEST)
            error = await reader.hear()
        answer = await web.ask(keys.token("w"), '{priceTable(workspaceId: "w") {version}}')
    assert error["status"]["code"] == 14
    assert error["status"]["details"][0]["reason"] == "SERVICE_UNREACHABLE"
    assert nowhere not in str(error)
    extensions = answer.json()["errors"][0]["extensions"]
    assert (extensions["code"], extensions["reason"]) == ("UNAVAILABLE", "SERVICE_UNREACHABLE")


async def test_all_are_told_when_the_process_ends(
    flood: Flood, keys: KeyRing, jwks_file: Path, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(running_flood(flood))
        web = await stack.enter_async_context(running_web(address, keys, jwks_file, tmp_path))
        reader = await stack.enter_async_context(web.live(keys.token("w")))
        silent = await stack.enter_async_context(web.socket())
        await reader.say("subscribe", id="a", request=REQUEST)
        await reader.hear_of("next")
        web.process.send_signal(signal.SIGTERM)
        assert (await reader.ended())[0] == 1001
        assert (await silent.ended())[0] == 1001
        assert await asyncio.to_thread(web.process.wait, 20) == 0
    assert reader.heard[-1]["status"]["details"][0]["reason"] == "SERVER_DRAINING"
