"""A channel of ours carries what grpcio does not: a deadline and metadata on every call."""

from typing import Any

import grpc

from services.runtime.channels import open_channel

SEEN: list[tuple[float | None, dict[str, str]]] = []


async def _note(request: bytes, context: Any) -> bytes:
    SEEN.append((context.time_remaining(), dict(context.invocation_metadata())))
    return request


async def test_calls_get_a_deadline_and_metadata() -> None:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(_note)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Echo", {"Call": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    SEEN.clear()
    try:
        metadata = {"authorization": "Bearer me", "traceparent": "00-a-b-01"}
        async with open_channel(f"127.0.0.1:{port}", lambda: metadata, seconds=5) as channel:
            call = channel.unary_unary("/test.Echo/Call")
            await call(b"default")
            await call(b"sooner", timeout=1, metadata=(("x", "y"),))
            await call(b"not later", timeout=60)
    finally:
        await server.stop(None)
    # On the wire a deadline is rounded up a little.
    assert [round(left or 0) for left, _ in SEEN] == [5, 1, 5]
    assert all(metadata.items() <= seen.items() for _, seen in SEEN)
    assert SEEN[1][1]["x"] == "y"
