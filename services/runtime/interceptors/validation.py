"""Refuses messages that break the rules of the contract: shape, range, size."""

from functools import lru_cache

from google.protobuf.message import Message

from services.runtime.call import Call, Interceptor
from services.runtime.faults import InvalidArgument, invalid_fields
from services.runtime.validator import MessageValidator

KEPT_MESSAGES = 4096
REMEMBERED_BYTES = 1024


class Validation(Interceptor):
    """Names every field that is wrong, not only the first."""

    def __init__(self, validator: MessageValidator) -> None:
        self._validator = validator
        # What was right once stays right, since rules about the present only forbid the future;
        # and to find it out takes longer than many an answer. What raises is not remembered.
        self._remembered = lru_cache(KEPT_MESSAGES)(self._check_encoded)

    def admit(self, call: Call, message: Message) -> None:
        size = message.ByteSize()
        _check_size(size, call.contract.max_request_bytes)
        if size > REMEMBERED_BYTES:
            self._check(message)
        else:
            self._remembered(type(message), message.SerializeToString(deterministic=True))  # type: ignore[arg-type]

    def _check_encoded(self, kind: type[Message], encoded: bytes) -> None:
        self._check(kind.FromString(encoded))

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
