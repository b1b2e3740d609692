"""Budgets so large that a load is not what they are for."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

import grpc
from shadower.common.v1.limit_class_pb2 import LIMIT_CLASS_DASHBOARDS
from shadower.limits.v1.limit_pb2 import LIMIT_SCOPE_USER, LIMIT_SCOPE_WORKSPACE
from shadower.limits.v1.limits_service_pb2 import UpdateLimitRequest
from shadower.limits.v1.limits_service_pb2_grpc import LimitsServiceStub

from bench.stack import Stack
from cli.home import Home
from cli.tokens.keys import ensured_key
from cli.tokens.signing import Grant, Issuer, signed

AMOUNT = 1_000_000_000
# Limiters look at what has changed about once a second.
SETTLE_SECONDS = 2


async def raise_limits(stack: Stack, workspaces: Iterable[str]) -> None:
    """Those of dashboards, for each workspace and for each user in it."""
    key = ensured_key(Home.at(stack.home))
    async with grpc.aio.insecure_channel(stack.address_of("limits")) as channel:
        stub = LimitsServiceStub(channel)
        for workspace in workspaces:
            grant = Grant((workspace,), permissions=("limits:write",), subject="operator")
            token = signed(grant, key, Issuer.of_environment(), datetime.now(UTC))
            for scope in (LIMIT_SCOPE_WORKSPACE, LIMIT_SCOPE_USER):
                request = UpdateLimitRequest(
                    workspace_id=workspace,
                    limit_class=LIMIT_CLASS_DASHBOARDS,
                    scope=scope,
                    amount=AMOUNT,
                )
                request.period.FromSeconds(60)
                await stub.UpdateLimit(request, metadata=(("authorization", f"Bearer {token}"),))
    await asyncio.sleep(SETTLE_SECONDS)
