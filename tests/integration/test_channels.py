"""A channel of ours carries what grpcio does not: a deadline and metadata on every call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.runtime.call import CURRENT_CALL, Call
from services.runtime.channels import open_channel, open_stream_channel
from services.runtime.telemetry.running import running_place
from services.runtime.telemetry.shapes import INTERNAL, Shape
from services.runtime.telemetry.tracer import of_its_own
from tests.support.names import names
from tests.support.ports import free_port
from tests.support.spans import recording
from tests.support.waiting import until

CALL, COUNT = "/test.Echo/Call", "/test.Echo/Count"
ROOT = Shape("root", INTERNAL)
SEEN: list[tuple[float | None, dict[str, str]]] = []


async def _note(request: bytes, context: Any) -> bytes:
    SEEN.append((context.time_remaining(), dict(context.invocation_metadata())))
    return request


async def _count(request: bytes, context: Any) -> AsyncIterator[bytes]:
    SEEN.append((context.time_remaining(), dict(context.invocation_metadata())))
    for _ in range(3):
        yield request
    if request == b"fail":
        await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
    if request == b"stay":
        await asyncio.Event().wait()


@asynccontextmanager
async def _serving() -> AsyncIterator[str]:
    SEEN.clear()
    server = grpc.aio.server()
    handlers = {
        "Call": grpc.unary_unary_rpc_method_handler(_note),
        "Count": grpc.unary_stream_rpc_method_handler(_count),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """Where somebody notes what he is called with."""
    async with _serving() as address:
        yield address


async def test_calls_get_a_deadline_and_metadata(echo: str) -> None:
    metadata = {"authorization": "Bearer me", "traceparent": "00-a-b-01"}
    async with open_channel(echo, lambda: metadata, seconds=5) as channel:
        call = channel.unary_unary("/test.Echo/Call")
        await call(b"default")
        await call(b"sooner", timeout=1, metadata=(("x", "y"),))
        await call(b"not later", timeout=60)
    # On the wire a deadline is rounded up a little.
    assert [round(left or 0) for left, _ in SEEN] == [5, 1, 5]
    assert all(metadata.items() <= seen.items() for _, seen in SEEN)
    assert SEEN[1][1]["x"] == "y"


async def test_calls_in_a_trace_are_spans_of_it() -> None:
    """Once answered or streamed, whether they end well, fail, or are given up."""
    with recording() as kept:
        async with _serving() as address, open_stream_channel(address) as channel:
            with of_its_own(ROOT):
                call, count = channel.unary_unary(CALL), channel.unary_stream(COUNT)
                assert await call(b"once", metadata=(("traceparent", "of another"),)) == b"once"
                assert [one async for one in count(b"many")] == [b"many"] * 3
                with pytest.raises(grpc.aio.AioRpcError, match="gone"):
                    [_ async for _ in count(b"fail")]
                given_up = count(b"stay")
                assert await given_up.read() == b"stay"
                given_up.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await given_up.read()
            async with asyncio.timeout(5):
                while len(kept.spans) < 5:  # noqa: ASYNC110 - nobody wakes us
                    await asyncio.sleep(0.01)
        calls = sorted(kept.trace.spans, key=lambda span: span.start)[1:]
        assert [(one.name, one.kind, one.failure) for one in calls] == [
            ("test.Echo/Call", "client", None),
            ("test.Echo/Count", "client", None),
            ("test.Echo/Count", "client", "UNAVAILABLE"),
            ("test.Echo/Count", "client", "CANCELLED"),
        ]
        assert [one.attributes["rpc.grpc.status_code"] for one in calls] == [0, 0, 14, 1]
        assert [seen["traceparent"] for _, seen in SEEN] == [
            f"00-{one.trace_id}-{one.span_id}-01" for one in calls
        ]


async def test_what_is_not_recorded_says_so_to_those_behind() -> None:
    with recording(lambda _: False) as kept:
        async with _serving() as address, open_channel(address, dict) as channel:
            with of_its_own(ROOT):
                trace_id = running_place().trace_id
                await channel.unary_unary(CALL)(b"within")
            await channel.unary_unary(CALL)(b"without")
    within, without = (seen.get("traceparent", "") for _, seen in SEEN)
    assert within.startswith(f"00-{trace_id}-")
    assert within.endswith("-00")
    assert (without, kept.spans) == ("", [])


async def test_a_call_within_a_call_has_less_time_than_that(echo: str) -> None:
    contract: Any = None
    outer = Call(contract, cast(Any, None), {}, seconds=60)
    token = CURRENT_CALL.set(outer)
    try:
        async with open_channel(echo, dict, seconds=100) as channel:
            call = channel.unary_unary("/test.Echo/Call")
            await call(b"what is left")
            outer.began -= 50
            await call(b"less")
    finally:
        CURRENT_CALL.reset(token)
    [first, second] = [left or 0 for left, _ in SEEN]
    # On the wire a deadline is rounded up a little.
    assert 45 < first < 54.1
    assert 0 < second < 9.1


async def test_replicas_behind_a_name_are_asked_in_turn_if_they_serve() -> None:
    """Without a mesh of ours: gRPC resolves the name, and asks for health by itself."""
    port, asked = free_port(), [set[str]() for _ in range(2)]
    async with (
        names() as served,
        _replica(f"127.0.0.2:{port}", asked[0]) as health,
        _replica(f"127.0.0.3:{port}", asked[1]),
    ):
        served.addresses["echo.test"] = ["127.0.0.2", "127.0.0.3"]
        name = f"dns://127.0.0.1:{served.port}/echo.test:{port}"
        async with open_channel(name, dict, service="test.Echo") as channel:
            call = channel.unary_unary("/test.Echo/Call")

            async def both_are_asked() -> bool:
                await call(b"", wait_for_ready=True)
                return all(asked)

            await until(both_are_asked)
            await health.set("test.Echo", health_pb2.HealthCheckResponse.NOT_SERVING)

            async def the_other_is_asked_alone() -> bool:
                asked[0].clear()
                for _ in range(10):
                    await call(b"")
                return not asked[0]

            await until(the_other_is_asked_alone)


@asynccontextmanager
async def _replica(address: str, asked: set[str]) -> AsyncIterator[health.aio.HealthServicer]:
    async def note(request: bytes, context: Any) -> bytes:
        asked.add(context.peer())
        return request

    server, servicer = grpc.aio.server(), health.aio.HealthServicer()
    handler = grpc.unary_unary_rpc_method_handler(note)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Echo", {"Call": handler}),)
    )
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set("test.Echo", health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(address)
    await server.start()
    try:
        yield servicer
    finally:
        await server.stop(None)
