"""From a fault to google.rpc.Status: the only place that knows which code a fault has."""

from functools import singledispatch

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from shadower.common.v1.error_reason_pb2 import ErrorReason

from services.runtime import faults

DOMAIN = "shadower.dev"

CODES: dict[type[faults.Fault], grpc.StatusCode] = {
    faults.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    faults.NotFound: grpc.StatusCode.NOT_FOUND,
    faults.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    faults.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    faults.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    faults.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    faults.Unavailable: grpc.StatusCode.UNAVAILABLE,
    faults.DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
}


@singledispatch
def to_status(error: BaseException, request_id: str = "") -> Status:
    """What nobody foresaw is INTERNAL, and tells the caller nothing but where to look."""
    return _status(
        grpc.StatusCode.INTERNAL,
        "an internal error occurred",
        _info("INTERNAL", {"requestId": request_id}),
    )


@to_status.register
def _(fault: faults.Fault, request_id: str = "") -> Status:
    details: list[Message] = [_info(fault.reason, fault.metadata)]
    if fault.violations:
        details.append(_bad_request(fault))
    if fault.retry_after is not None:
        details.append(RetryInfo(retry_delay=_duration(fault.retry_after.total_seconds())))
    return _status(CODES[type(fault)], fault.message, *details)


@to_status.register
def _(_: TimeoutError, request_id: str = "") -> Status:
    return to_status(faults.DeadlineExceeded("DEADLINE_EXCEEDED", "the call's time ran out"))


def _info(reason: str, metadata: dict[str, str]) -> ErrorInfo:
    ErrorReason.Value(f"ERROR_REASON_{reason}")  # A reason that the contract lacks is a defect.
    return ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)


def _bad_request(fault: faults.Fault) -> BadRequest:
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=v.field, description=v.description)
            for v in fault.violations
        ]
    )


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1_000_000_000))
    return duration


def _status(code: grpc.StatusCode, message: str, *details: Message) -> Status:
    status = Status(code=code.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return status
