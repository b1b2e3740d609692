"""Rolls workspaces up, as the scheduler would."""

import time
from typing import Any

import grpc
from shadower.aggregates.v1.aggregates_service_pb2 import RollUpRequest

from bench.stack import Stack

PATH = "/shadower.aggregates.v1.AggregatesService/RollUp"


async def roll_up(stack: Stack, workspace: str) -> float:
    """How many seconds it took."""
    started = time.perf_counter()
    metadata = (("authorization", f"Bearer {stack.token(workspace)}"),)
    async with grpc.aio.insecure_channel(stack.address_of("aggregates")) as channel:
        method: Any = channel.unary_stream(PATH)
        request = RollUpRequest(workspace_id=workspace).SerializeToString()
        async for _ in method(request, metadata=metadata, wait_for_ready=True):
            pass
    return time.perf_counter() - started
