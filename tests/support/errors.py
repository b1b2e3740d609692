"""What a refused call, or a refused item, says of itself."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

DOMAIN = "shadower.dev"
CODES = {code.value[0]: code for code in grpc.StatusCode}

Detail = TypeVar("Detail", bound=Message)


@dataclass(frozen=True)
class Refusal:
    """A google.rpc.Status in plain values. Without details, reason is "" and fields are none."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    fields: tuple[str, ...]
    retry_seconds: float | None


async def refused(call: Awaitable[Any]) -> Refusal:
    """Awaits a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


def refusal(error: grpc.aio.AioRpcError) -> Refusal:
    status = rpc_status.from_call(error)
    if status is None:
        return Refusal(error.code(), error.details() or "", "", {}, (), None)
    return refusal_in(status)


def refusal_in(status: Status) -> Refusal:
    """The contract promises exactly one ErrorInfo with every error."""
    (info,) = _details(status, ErrorInfo)
    assert info.domain == DOMAIN
    violations = [v for bad in _details(status, BadRequest) for v in bad.field_violations]
    delays = [retry.retry_delay.ToTimedelta() for retry in _details(status, RetryInfo)]
    return Refusal(
        code=CODES[status.code],
        message=status.message,
        reason=info.reason,
        metadata=dict(info.metadata),
        fields=tuple(violation.field for violation in violations),
        retry_seconds=delays[0].total_seconds() if delays else None,
    )


def _details(status: Status, kind: type[Detail]) -> list[Detail]:
    found = []
    for packed in status.details:
        detail = kind()
        if packed.Unpack(detail):
            found.append(detail)
    return found
