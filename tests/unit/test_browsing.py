"""What fuzzing takes for a fault of GraphQL and of WebSockets, and what it asks."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from websockets.asyncio.server import serve

from tools.fuzzing import browsing
from tools.fuzzing.browsing import LIVE, asked, talked
from tools.fuzzing.frames import conversations
from tools.fuzzing.operations import operations, schema
from tools.fuzzing.words import Words


def error(code: str, reason: str) -> dict[str, Any]:
    return {"errors": [{"message": "m", "extensions": {"code": code, "reason": reason}}]}


GOOD = (
    (200, {"data": {"agents": None}}),
    (400, error("INVALID_ARGUMENT", "OPERATION_INVALID")),
    (200, {"data": None, **error("PERMISSION_DENIED", "WORKSPACE_DENIED")}),
)
BAD = (
    (500, error("INTERNAL", "INTERNAL")),
    (200, error("INTERNAL", "INTERNAL")),
    (200, error("UNKNOWN", "OPERATION_INVALID")),
    (200, error("INVALID_ARGUMENT", "MADE_UP")),
    (200, error("INVALID_ARGUMENT", "INTERNAL")),
    (502, "Bad gateway"),
)


async def verdict(status: int, content: Any) -> str:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=content))
    async with httpx.AsyncClient(base_url="http://edge", transport=transport) as http:
        return await asked(http, "{agents}", "token")


@pytest.mark.parametrize(("status", "content"), GOOD)
async def test_answers_that_are_as_they_must_be(status: int, content: Any) -> None:
    assert await verdict(status, content) == ""


@pytest.mark.parametrize(("status", "content"), BAD)
async def test_answers_that_are_not(status: int, content: Any) -> None:
    assert await verdict(status, content) != ""


@asynccontextmanager
async def saying(told: Callable[[Any], Any]) -> AsyncIterator[str]:
    """A server that answers each frame with what is told; to None it says nothing."""

    async def each(socket: Any) -> None:
        async for frame in socket:
            await told(socket) if frame == browsing.PING else None

    async with serve(each, "127.0.0.1", 0, subprotocols=[LIVE]) as server:  # type: ignore[list-item]
        [listening] = server.sockets
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"


async def pong(socket: Any) -> None:
    await socket.send('{"type": "pong"}')


async def internal(socket: Any) -> None:
    details = [{"reason": "INTERNAL"}]
    await socket.send(json.dumps({"type": "error", "status": {"code": 13, "details": details}}))
    await pong(socket)


async def crash(socket: Any) -> None:
    await socket.close(1011)


async def hang(_: Any) -> None:
    """Is all that it does."""


@pytest.mark.parametrize(("told", "is_good"), [(pong, True), (internal, False), (crash, False)])
async def test_conversations(told: Any, is_good: bool) -> None:
    async with saying(told) as address:
        assert (await talked(address, LIVE, "t", ["{}"]) == "") is is_good


async def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "PATIENCE", 0.3)
    async with saying(hang) as address:
        assert "neither an end nor a pong" in await talked(address, LIVE, "t", [])


FEW = settings(max_examples=60, derandomize=True, database=None, deadline=None)


def test_operations_ask_about_what_there_is() -> None:
    seen: set[str] = set()

    @settings(FEW, suppress_health_check=list(HealthCheck))
    @given(query=operations(schema(), ["acme"]))
    def see(query: str) -> None:
        seen.update(name for name in ("agents", "metrics", "acme") if name in query)

    see()
    assert seen == {"agents", "metrics", "acme"}


@settings(FEW, suppress_health_check=list(HealthCheck))
@given(frames=conversations(Words(("acme",)), "token", 1_700_000_000))
def test_conversations_can_be_sent(frames: list[str | bytes]) -> None:
    assert 1 <= len(frames) <= 8
