"""What an answer must be, whatever was asked."""

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from shadower.common.v1.error_reason_pb2 import ErrorReason

from tools.fuzzing.calling import Outcome
from tools.fuzzing.cases import Case

DOMAIN = "shadower.dev"
# Nothing is down and everything is implemented, so nobody may say otherwise.
ALLOWED = {
    StatusCode.INVALID_ARGUMENT,
    StatusCode.NOT_FOUND,
    StatusCode.ALREADY_EXISTS,
    StatusCode.PERMISSION_DENIED,
    StatusCode.UNAUTHENTICATED,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.FAILED_PRECONDITION,
    StatusCode.OUT_OF_RANGE,
    StatusCode.DEADLINE_EXCEEDED,
}
# Said before a handler sees the call.
OF_THE_CHAIN = {
    "VALIDATION_FAILED",
    "MESSAGE_TOO_LARGE",
    "TOKEN_MISSING",
    "TOKEN_INVALID",
    "TOKEN_EXPIRED",
    "TOKEN_REVOKED",
    "WORKSPACE_DENIED",
    "WORKSPACE_CONTRADICTED",
    "WORKSPACE_AMBIGUOUS",
    "WORKSPACE_RESERVED",
    "PERMISSION_MISSING",
    "SERVER_BUSY",
}


def fault_of(case: Case, outcome: Outcome) -> str:
    """What is wrong with the answer; empty if nothing is."""
    if outcome.code is StatusCode.OK:
        return _fault_of_replies(case, outcome)
    if outcome.was_let_go:
        return "" if case.is_hasty else f"no answer in {case.seconds:g} s"
    if outcome.code not in ALLOWED:
        return f"{outcome.code.name}: {outcome.message}"
    return _fault_of_status(outcome)


def has_reached_the_handler(outcome: Outcome) -> bool:
    if outcome.code is StatusCode.OK:
        return True
    return outcome.status is not None and not OF_THE_CHAIN & set(_reasons(outcome.status))


def is_of_a_revoked_token(outcome: Outcome) -> bool:
    """It was revoked by an input, as good as any; its owner goes and gets another."""
    return outcome.status is not None and "TOKEN_REVOKED" in _reasons(outcome.status)


def _fault_of_replies(case: Case, outcome: Outcome) -> str:
    kind = GetMessageClass(case.rpc.reply)
    try:
        for reply in outcome.replies:
            kind.FromString(reply)
    except DecodeError:
        return "the reply is no message of its type"
    return ""


def _fault_of_status(outcome: Outcome) -> str:
    status = outcome.status
    if status is None:
        return f"{outcome.code.name} has no google.rpc.Status: {outcome.message}"
    reasons = _reasons(status)
    if len(reasons) != 1:
        return f"{outcome.code.name} has {len(reasons)} reasons"
    if status.code != outcome.code.value[0]:
        return f"{outcome.code.name} says {status.code} of itself"
    known = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()[1:]}
    return "" if reasons[0] in known - {"INTERNAL"} else f"the reason is {reasons[0]}"


def _reasons(status: Status) -> list[str]:
    reasons = []
    for packed in status.details:
        info = ErrorInfo()
        if packed.Unpack(info):
            reasons.append(info.reason if info.domain == DOMAIN else f"of {info.domain}")
    return reasons
