"""From what a service, or we ourselves, end with to google.rpc.Status as JSON has it."""

from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from services.runtime.faults import DeadlineExceeded, Unavailable
from services.runtime.status import to_status

DETAILS = "grpc-status-details-bin"
OK = grpc.StatusCode.OK.value[0]
NAMES = {code.value[0]: code.name for code in grpc.StatusCode}
# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
HTTP_STATUS = {
    "OK": 200,
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class StreamEnded(Exception):  # noqa: N818 - a noun, as faults are
    """A stream's last word, where only an exception can say it."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


def status_of(error: BaseException) -> Status:
    """What a call of a service, or a fault of ours, ended with."""
    if isinstance(error, StreamEnded):
        return error.status
    if not isinstance(error, grpc.aio.AioRpcError):
        return to_status(error)
    told = _told(error)
    return told if told is not None else to_status(_untold(error))


def _told(error: grpc.aio.AioRpcError) -> Status | None:
    """The status that the service packed, unless it did not."""
    packed = dict(error.trailing_metadata() or ()).get(DETAILS)
    if not isinstance(packed, bytes):
        return None
    try:
        status = Status.FromString(packed)
    except DecodeError:
        return None
    return status if status.code == error.code().value[0] else None


def _untold(error: grpc.aio.AioRpcError) -> BaseException:
    """What gRPC itself says names our insides, so we say it ourselves."""
    match error.code():
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded("DEADLINE_EXCEEDED", "the call's time ran out")
        case grpc.StatusCode.INTERNAL:
            return error
        case _:
            return Unavailable("SERVICE_UNREACHABLE", "no service answered")


def status_json(status: Status) -> dict[str, Any]:
    """Code OK is told, too, as the edge does."""
    return {"code": status.code, **MessageToDict(status)}


def code_name(status: Status) -> str:
    return NAMES.get(status.code, "UNKNOWN")


def http_status(status: Status) -> int:
    return HTTP_STATUS.get(code_name(status), 500)


def reason_of(status: Status) -> str:
    """Empty if the status does not say."""
    info = ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def retry_seconds(status: Status) -> str | None:
    """What HTTP calls Retry-After."""
    return "1" if code_name(status) in ("UNAVAILABLE", "RESOURCE_EXHAUSTED") else None
