"""What a call may fail with: an exception for each code, with the reason that the contract
documents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

DETAILS = "grpc-status-details-bin"
CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True)
class Violation:
    """A field of the request that breaks a rule."""

    field: str
    description: str


class ShadowerError(Exception):
    """Why a call failed, or why a record was refused."""

    CODES: ClassVar[tuple[grpc.StatusCode, ...]] = ()

    def __init__(self, code: grpc.StatusCode, message: str, request_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id
        """By which the operator finds the call in the server's logs."""
        self.reason = ""
        """An ErrorReason of the contract, such as "TOKEN_EXPIRED"; empty where no service
        answered.
        """
        self.metadata: Mapping[str, str] = {}
        """The variables of the message."""
        self.violations: tuple[Violation, ...] = ()
        self.retry_after: timedelta | None = None
        """When to come back, if the server says so."""

    def __reduce__(self) -> tuple[Any, ...]:
        """What is passed between processes is made again with the arguments of this class."""
        return type(self), (self.code, self.message, self.request_id), self.__dict__

    def __str__(self) -> str:
        fields = "".join(f"; {one.field}: {one.description}" for one in self.violations)
        request = f" [request {self.request_id}]" if self.request_id else ""
        return f"{self.reason or self.code.name}: {self.message}{fields}{request}"


class InvalidArgument(ShadowerError):
    """The request breaks a rule; violations name the fields."""

    CODES = (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
    )


class NotFound(ShadowerError):
    """What was asked for is not there."""

    CODES = (grpc.StatusCode.NOT_FOUND,)


class AlreadyExists(ShadowerError):
    """It is there already, and differs."""

    CODES = (grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.ABORTED)


class Unauthenticated(ShadowerError):
    """The token or key is missing, wrong, expired or revoked."""

    CODES = (grpc.StatusCode.UNAUTHENTICATED,)


class PermissionDenied(ShadowerError):
    """The caller may not do this in this workspace."""

    CODES = (grpc.StatusCode.PERMISSION_DENIED,)


class ResourceExhausted(ShadowerError):
    """A limit or quota is used up, or the server has no room; retry_after says for how long."""

    CODES = (grpc.StatusCode.RESOURCE_EXHAUSTED,)


class Unavailable(ShadowerError):
    """Nobody answered, or somebody who could not."""

    CODES = (grpc.StatusCode.UNAVAILABLE,)


class DeadlineExceeded(ShadowerError):
    """The call's time ran out. Whether it was carried out is not known."""

    CODES = (grpc.StatusCode.DEADLINE_EXCEEDED,)


class ServerError(ShadowerError):
    """Something that nobody foresaw; request_id says where to look."""

    CODES = (
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.UNIMPLEMENTED,
    )


CLASSES = {code: kind for kind in ShadowerError.__subclasses__() for code in kind.CODES}


def of_status(status: Status, request_id: str = "") -> ShadowerError:
    code = CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    error = CLASSES.get(code, ShadowerError)(code, status.message, request_id)
    for detail in status.details:
        _take_info(error, detail)
        _take_violations(error, detail)
        _take_delay(error, detail)
    return error


def of_rpc(error: Any, request_id: str = "") -> ShadowerError:
    """Of what grpc raised, by a channel of either kind."""
    return of_status(
        _details(error.trailing_metadata() or ())
        or Status(code=error.code().value[0], message=error.details() or ""),
        request_id,
    )


def _details(trailers: Iterable[tuple[str, str | bytes]]) -> Status | None:
    for key, value in trailers:
        if key == DETAILS and isinstance(value, bytes):
            return _parsed(value)
    return None


def _parsed(value: bytes) -> Status | None:
    try:
        return Status.FromString(value)
    except DecodeError:  # A proxy on the way wrote it.
        return None


def _take_info(error: ShadowerError, detail: Any) -> None:
    info = ErrorInfo()
    if detail.Unpack(info):
        error.reason, error.metadata = info.reason, dict(info.metadata)
        error.request_id = error.request_id or info.metadata.get("requestId", "")


def _take_violations(error: ShadowerError, detail: Any) -> None:
    bad = BadRequest()
    if detail.Unpack(bad):
        error.violations = tuple(Violation(v.field, v.description) for v in bad.field_violations)


def _take_delay(error: ShadowerError, detail: Any) -> None:
    retry = RetryInfo()
    if detail.Unpack(retry):
        error.retry_after = retry.retry_delay.ToTimedelta()
