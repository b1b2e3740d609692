"""What is registered is reached through the chain, or not at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from services.runtime.call import Call, Interceptor
from services.runtime.chain import Chain
from services.runtime.contract import MethodContract
from services.runtime.guarding import GuardedServer

OURS = "/shadower.metrics.v1.MetricsService/GetMetrics"
OTHERS = "/others.Service/Do"
POLICY = MethodContract(OTHERS, "metrics:read", 1_000, False, False)


class Noting(Interceptor):
    """Knows which calls have passed it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def enter(self, call: Call) -> None:
        self.seen.append(call.contract.path)


@asynccontextmanager
async def serving(path: str, chain: Chain, **foreign: MethodContract) -> AsyncIterator[Any]:
    """A call of a method that gives back what it gets."""

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    _, service, method = path.split("/")
    handler: Any = grpc.unary_unary_rpc_method_handler(echo, bytes, bytes)
    server = grpc.aio.server()
    guarded = GuardedServer(server, chain, {f"/{name}": one for name, one in foreign.items()})
    guarded.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(service, {method: handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel.unary_unary(path)
    finally:
        await server.stop(None)


@pytest.mark.parametrize(("path", "foreign"), [(OURS, {}), (OTHERS, {"others.Service/Do": POLICY})])
async def test_calls_pass_the_chain_each_time(
    path: str, foreign: dict[str, MethodContract]
) -> None:
    noting = Noting()
    async with serving(path, Chain([noting], 1), **foreign) as call:
        assert [await call(b"a"), await call(b"b")] == [b"a", b"b"]
    assert noting.seen == [path, path]


async def test_what_has_no_policy_is_not_served() -> None:
    async with serving(OTHERS, Chain([Noting()], 1)) as call:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"a")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
