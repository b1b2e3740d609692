"""Refusals in words: what was refused, by which reason, which fields, and what to do about it."""

from collections.abc import Iterator
from math import ceil

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from cli.failures import CommandError, ExitCode

PACKED = "grpc-status-details-bin"
Code = grpc.StatusCode
EXIT_CODES = {
    Code.INVALID_ARGUMENT: ExitCode.REFUSED,
    Code.OUT_OF_RANGE: ExitCode.REFUSED,
    Code.FAILED_PRECONDITION: ExitCode.REFUSED,
    Code.NOT_FOUND: ExitCode.NOT_FOUND,
    Code.UNAUTHENTICATED: ExitCode.UNAUTHENTICATED,
    Code.UNAVAILABLE: ExitCode.UNAVAILABLE,
    Code.DEADLINE_EXCEEDED: ExitCode.UNAVAILABLE,
    Code.INTERNAL: ExitCode.INTERNAL,
    Code.UNKNOWN: ExitCode.INTERNAL,
    Code.UNIMPLEMENTED: ExitCode.INTERNAL,
    Code.DATA_LOSS: ExitCode.INTERNAL,
    Code.ALREADY_EXISTS: ExitCode.CONFLICT,
    Code.ABORTED: ExitCode.CONFLICT,
    Code.RESOURCE_EXHAUSTED: ExitCode.BUSY,
    Code.PERMISSION_DENIED: ExitCode.DENIED,
}
ADVICE = {
    Code.UNAUTHENTICATED: "give another by --token-file or SHADOWER_TOKEN; "
    "`shadower token --workspace W` prints one for the stack of this machine",
    Code.PERMISSION_DENIED: "ask an owner of the workspace for a role or a key that may",
    Code.UNAVAILABLE: "--address or SHADOWER_ADDRESS says where the edge is; "
    "`shadower status` shows what runs on this machine",
    Code.DEADLINE_EXCEEDED: "ask for less, such as a shorter interval, or try again",
}


def in_a_line(error: grpc.aio.AioRpcError, address: str) -> CommandError:
    """For commands that have codes of their own, and more to say."""
    return CommandError(_headline(error.code(), _said(error), address))


def in_words(error: grpc.aio.AioRpcError, address: str) -> CommandError:
    status = packed_status(error)
    return CommandError(
        "\n".join(_lines(error.code(), _said(error), status, address)),
        exit_code=EXIT_CODES.get(error.code(), ExitCode.UNFINISHED),
    )


def told_in_words(status: Status, address: str) -> CommandError:
    """Of a stream that says itself why it ended."""
    code = code_of(status)
    lines = _lines(code, status.message or "no reason given", status, address)
    return CommandError("\n".join(lines), exit_code=EXIT_CODES.get(code, ExitCode.UNFINISHED))


def code_of(status: Status) -> grpc.StatusCode:
    return next((code for code in Code if code.value[0] == status.code), Code.UNKNOWN)


def packed_status(error: grpc.aio.AioRpcError) -> Status:
    """What the service packed beside its message; empty if it did not."""
    packed = dict(error.trailing_metadata() or ()).get(PACKED)
    try:
        return Status.FromString(packed) if isinstance(packed, bytes) else Status()
    except DecodeError:
        return Status()


def reason_of(status: Status) -> str:
    info = ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "")


def violations_of(status: Status) -> Iterator[tuple[str, str]]:
    """Fields, and what is wrong with each."""
    request = BadRequest()
    for detail in status.details:
        if detail.Unpack(request):
            yield from ((one.field, one.description) for one in request.field_violations)


def _said(error: grpc.aio.AioRpcError) -> str:
    return (error.details() or "no reason given").splitlines()[0]


def _lines(code: grpc.StatusCode, said: str, status: Status, address: str) -> Iterator[str]:
    reason = reason_of(status)
    yield _headline(code, said, address) + (f" [{reason}]" if reason else "")
    yield from (f"  {field}: {wrong}" for field, wrong in violations_of(status))
    if advice := _advice(code, status):
        yield f"  {advice}"


def _headline(code: grpc.StatusCode, said: str, address: str) -> str:
    match code:
        case Code.UNAVAILABLE:
            return f"no answer from {address}: is `shadower up` running? ({said})"
        case Code.UNAUTHENTICATED:
            return f"{address} refuses the token: {said}"
        case Code.PERMISSION_DENIED:
            return f"the token does not allow that: {said}"
    return f"{address} answers {code.name}: {said}"


def _advice(code: grpc.StatusCode, status: Status) -> str:
    retry = RetryInfo()
    if any(detail.Unpack(retry) for detail in status.details):
        return f"try again in {ceil(retry.retry_delay.ToTimedelta().total_seconds())} s"
    return ADVICE.get(code, "")
