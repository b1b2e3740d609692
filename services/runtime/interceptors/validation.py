"""Refuses messages that break the rules of the contract: shape, range, size."""

from google.protobuf.message import Message

from services.runtime.call import Call, Interceptor
from services.runtime.encoded import SMALL_BYTES, ByContent
from services.runtime.faults import InvalidArgument, invalid_fields
from services.runtime.validator import MessageValidator


class Validation(Interceptor):
    """Names every field that is wrong, not only the first."""

    def __init__(self, validator: MessageValidator) -> None:
        self._validator = validator
        # What was right once stays right, since rules about the present only forbid the future;
        # and to find it out takes longer than many an answer.
        self._check_small = ByContent(self._check)

    def admit(self, call: Call, message: Message) -> None:
        size = message.ByteSize()
        _check_size(size, call.contract.max_request_bytes)
        if size > SMALL_BYTES:
            self._check(message)
        else:
            call.encoded = message.SerializeToString(deterministic=True)
            self._check_small(type(message), call.encoded)

    def _check(self, message: Message) -> None:
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
