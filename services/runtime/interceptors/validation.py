"""Refuses messages that break the rules of the contract: shape, range, size."""

from google.protobuf.message import Message

from services.runtime.call import Call, Interceptor
from services.runtime.faults import InvalidArgument, invalid_fields
from services.runtime.validator import MessageValidator


class Validation(Interceptor):
    """Names every field that is wrong, not only the first."""

    def __init__(self, validator: MessageValidator) -> None:
        self._validator = validator

    def admit(self, call: Call, message: Message) -> None:
        _check_size(message.ByteSize(), call.contract.max_request_bytes)
        violations = self._validator.violations(message)
        if violations:
            raise invalid_fields(*violations)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidArgument(
            "MESSAGE_TOO_LARGE",
            f"the request has {size} bytes; at most {limit} are allowed",
            metadata={"bytes": str(size), "limit": str(limit)},
        )
