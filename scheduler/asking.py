"""The ways in which jobs call their RPCs."""

from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message

from scheduler.job import Ask, Options

MOST_CALLS = 20
Stub: TypeAlias = Any
"""The class of a service's stub."""


def once(stub: Stub, rpc: str, request: Message) -> Ask:
    """One call."""

    async def ask(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
        yield await getattr(stub(channel), rpc)(_of(workspace_id, request), **options)

    return ask


def to_the_end(stub: Stub, rpc: str, request: Message) -> Ask:
    """One call that tells how far it is."""

    async def ask(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
        async for progress in getattr(stub(channel), rpc)(_of(workspace_id, request), **options):
            yield progress

    return ask


def while_some_remain(stub: Stub, rpc: str, request: Message) -> Ask:
    """Again and again; what is left after many calls is for the next time, as the last answer
    says."""

    async def ask(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
        call = getattr(stub(channel), rpc)
        for _ in range(MOST_CALLS):
            answer = await call(_of(workspace_id, request), **options)
            yield answer
            if not answer.remaining:
                return

    return ask


def _of(workspace_id: str, request: Any) -> Any:
    """The same request, of a workspace."""
    asked: Any = type(request)()
    asked.CopyFrom(request)
    asked.workspace_id = workspace_id
    return asked
