"""Who administers a workspace's access, and what others find out within two seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
from edge_api.external_auth_service_pb2 import CheckRequest
from google.protobuf.json_format import Parse
from google.rpc.status_pb2 import Status
from shadower.access.v1 import access_service_pb2 as pb
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest

from tests.support.errors import Refusal, refusal, refusal_in
from tests.support.keys import KeyRing
from tests.support.stack import Stubs

# What revocation promises.
SOON = 2.0
SYSTEM = "shadower-system"


@dataclass(frozen=True)
class Administrator:
    """An owner of a workspace."""

    stubs: Stubs
    keys: KeyRing
    workspace: str

    @property
    def metadata(self) -> Any:
        return self.keys.metadata(self.workspace, sub="administrator")

    async def do(self, rpc: str, metadata: Any = None, **fields: Any) -> Any:
        request = getattr(pb, f"{rpc}Request")(workspace_id=self.workspace, **fields)
        call = getattr(self.stubs.access, rpc)(request, metadata=metadata or self.metadata)
        return (
            await call if isinstance(call, grpc.aio.UnaryUnaryCall) else [one async for one in call]
        )

    def of(self, workspace: str) -> "Administrator":
        return Administrator(self.stubs, self.keys, workspace)


async def reason_of(call: Awaitable[Any]) -> str:
    """Why it was refused; "" if it was not."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return refusal(error).reason
    return ""


async def refused_soon(call: Callable[[], Awaitable[Any]], reason: str) -> None:
    """It is refused within two seconds, and before that it is answered."""
    began = time.monotonic()
    while (found := await reason_of(call())) != reason:
        assert found == ""
        assert time.monotonic() - began < SOON
        await asyncio.sleep(0.05)


def list_metrics(stub: Any, workspace: str, metadata: Any) -> Awaitable[Any]:
    return stub.ListMetrics(ListMetricsRequest(workspace_id=workspace), metadata=metadata)


async def check(stubs: Stubs, **headers: str) -> Any:
    """What the edge is told of a request with such headers."""
    request = CheckRequest()
    for name, value in headers.items():
        request.attributes.request.http.headers[name.replace("_", "-")] = value
    return await stubs.checks.Check(request)


async def exchanged(stubs: Stubs, secret: str) -> Any:
    """The metadata by which a program's call goes on from the edge."""
    answer = await check(stubs, x_api_key=secret)
    [header] = answer.ok_response.headers
    assert (answer.status.code, list(answer.ok_response.headers_to_remove)) == (0, ["x-api-key"])
    assert (header.header.key, header.append_action) == ("authorization", 2)
    return ((header.header.key, header.header.value),)


async def denied_soon(stubs: Stubs, secret: str) -> Refusal:
    """Each process hears of an end by itself, within two seconds."""
    async with asyncio.timeout(SOON):
        while (answer := await check(stubs, x_api_key=secret)).HasField("ok_response"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return refusal_by(answer)


def refusal_by(answer: Any) -> Refusal:
    """What the edge answers with, as JSON."""
    assert answer.denied_response.status.code == 401
    assert answer.status.code == grpc.StatusCode.UNAUTHENTICATED.value[0]
    return refusal_in(Parse(answer.denied_response.body, Status()))
