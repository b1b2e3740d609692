"""Every fault is told in the words of the contract; what nobody foresaw tells nothing."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from google.rpc.status_pb2 import Status
from protovalidate import EvaluationError

from services.runtime import faults
from services.runtime.status import CODES, to_status
from tests.support.errors import Refusal, refusal_in

# By hand, so that a change of the code does not change what is expected of it.
EXPECTED = {
    faults.InvalidArgument: (grpc.StatusCode.INVALID_ARGUMENT, 3),
    faults.DeadlineExceeded: (grpc.StatusCode.DEADLINE_EXCEEDED, 4),
    faults.NotFound: (grpc.StatusCode.NOT_FOUND, 5),
    faults.AlreadyExists: (grpc.StatusCode.ALREADY_EXISTS, 6),
    faults.PermissionDenied: (grpc.StatusCode.PERMISSION_DENIED, 7),
    faults.ResourceExhausted: (grpc.StatusCode.RESOURCE_EXHAUSTED, 8),
    faults.Unavailable: (grpc.StatusCode.UNAVAILABLE, 14),
    faults.Unauthenticated: (grpc.StatusCode.UNAUTHENTICATED, 16),
}
SECRET = "postgresql://user:hunter2@db/prod"


def subclasses(kind: type) -> set[type]:
    direct = set(kind.__subclasses__())
    return direct.union(*map(subclasses, direct))


def told(error: BaseException, request_id: str = "") -> Refusal:
    return refusal_in(to_status(error, request_id))


def test_the_table_names_every_fault() -> None:
    assert subclasses(faults.Fault) == set(EXPECTED) == set(CODES)


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_fault_has_its_code(kind: type[faults.Fault]) -> None:
    code, number = EXPECTED[kind]
    status = to_status(kind("AGENT_NOT_FOUND", "said", metadata={"agentId": "a"}))
    found = refusal_in(status)
    assert (status.code, found.code) == (number, code)
    assert (found.reason, found.message) == ("AGENT_NOT_FOUND", "said")
    assert (found.metadata, found.fields) == ({"agentId": "a"}, ())
    assert found.retry_seconds == (1 if kind is faults.Unavailable else None)


def test_a_retry_is_told_to_the_nanosecond() -> None:
    fault = faults.Unavailable(
        "DATABASE_UNAVAILABLE", "away", retry_after=timedelta(microseconds=1_500_001)
    )
    assert told(fault).retry_seconds == 1.500001


def test_wrong_fields_are_named() -> None:
    violations = [faults.FieldViolation(name, "is wrong") for name in ("a", "b.c", "a")]
    found = told(faults.invalid_fields(*violations))
    assert (found.code, found.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert (found.fields, found.metadata) == (("a", "b.c", "a"), {"fields": "a,b.c"})
    assert "b.c: is wrong" in found.message


def test_an_error_fits_into_a_trailer() -> None:
    many = [faults.FieldViolation(f"{n}-{'x' * 5000}", "is wrong") for n in range(1000)]
    status = to_status(faults.invalid_fields(*many))
    assert status.ByteSize() < 8 * 1024
    assert "990 more" in status.message


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET),
        KeyError(SECRET),
        ConnectionError(SECRET),
        EvaluationError(SECRET),
        ExceptionGroup(SECRET, [RuntimeError(SECRET)]),
        BaseExceptionGroup(SECRET, [asyncio.CancelledError(SECRET)]),
    ],
)
def test_what_nobody_foresaw_is_internal_and_says_nothing(error: BaseException) -> None:
    status = to_status(error, "0af7651916cd43dd8448eb211c80319c")
    found = refusal_in(status)
    assert (found.code, found.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert found.metadata == {"requestId": "0af7651916cd43dd8448eb211c80319c"}
    assert b"hunter2" not in status.SerializeToString()
    assert type(error).__name__ not in found.message


def test_time_that_ran_out_is_told_as_such() -> None:
    found = told(TimeoutError(SECRET))
    assert (found.code, found.reason) == (
        grpc.StatusCode.DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
    )
    assert "hunter2" not in found.message


def test_a_reason_that_the_contract_lacks_is_a_defect() -> None:
    with pytest.raises(ValueError, match="NO_SUCH_REASON"):
        to_status(faults.NotFound("NO_SUCH_REASON", "said"))


def test_the_answer_is_a_status() -> None:
    assert isinstance(to_status(RuntimeError()), Status)
