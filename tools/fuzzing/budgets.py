"""Limits so wide that inputs reach what is behind the limiter."""

import grpc
from shadower.common.v1.limit_class_pb2 import LimitClass
from shadower.limits.v1.limit_pb2 import LIMIT_SCOPE_USER, LIMIT_SCOPE_WORKSPACE
from shadower.limits.v1.limits_service_pb2 import UpdateLimitRequest, UpdateLimitResponse

from tools.fuzzing.callers import WORKSPACES, Metadata

UPDATE = "/shadower.limits.v1.LimitsService/UpdateLimit"
MOST = 1_000_000_000
# Each process has heard of it by then.
SECONDS = 3


async def widen(channel: grpc.aio.Channel, operator: Metadata) -> None:
    """For all classes, of the workspaces that are called about."""
    update = channel.unary_unary(
        UPDATE, UpdateLimitRequest.SerializeToString, UpdateLimitResponse.FromString
    )
    for workspace in WORKSPACES:
        for number in LimitClass.values()[1:]:
            for scope in (LIMIT_SCOPE_WORKSPACE, LIMIT_SCOPE_USER):
                request = UpdateLimitRequest(
                    workspace_id=workspace, limit_class=number, scope=scope, amount=MOST
                )
                request.period.FromSeconds(60)
                await update(request, metadata=operator)
