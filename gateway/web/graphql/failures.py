"""Errors as GraphQL tells them, with what google.rpc.Status says as their extensions."""

from typing import Any

import grpc
import structlog
from google.rpc.status_pb2 import Status
from graphql import GraphQLError

from gateway.web.statuses import StreamEnded, code_name, reason_of, status_json, status_of
from services.runtime.faults import Fault, InvalidArgument
from services.runtime.status import to_status

# Of errors that look alike, the first are enough.
MOST_ERRORS = 10


def errors_json(errors: list[GraphQLError], request_id: str = "") -> list[dict[str, Any]]:
    return [error_json(one, request_id) for one in errors[:MOST_ERRORS]]


def error_json(error: GraphQLError, request_id: str = "") -> dict[str, Any]:
    status = status_of_error(error, request_id)
    told: dict[str, Any] = {"message": status.message}
    if error.locations:
        told["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        told["path"] = error.path
    return told | {"extensions": extensions_of(status)}


def fault_json(fault: BaseException) -> dict[str, Any]:
    """For what is wrong before there is an operation."""
    status = status_of(fault)
    return {"message": status.message, "extensions": extensions_of(status)}


def extensions_of(status: Status) -> dict[str, Any]:
    details = status_json(status).get("details", [])
    return {"code": code_name(status), "reason": reason_of(status), "details": details}


def status_of_error(error: GraphQLError, request_id: str = "") -> Status:
    """What the schema does not fit is the caller's; what nobody foresaw is ours."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        return to_status(InvalidArgument("OPERATION_INVALID", error.message[:500]))
    if isinstance(cause, (Fault, grpc.aio.AioRpcError, StreamEnded, TimeoutError)):
        return status_of(cause)
    structlog.get_logger("graphql").error("internal error", request_id=request_id, exc_info=cause)
    return to_status(cause, request_id)
