"""What can go wrong, as plain nouns. Handlers raise them; one interceptor speaks gRPC.

`reason` is a value of shadower.common.v1.ErrorReason without its prefix, and `metadata` holds
every variable of the message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class FieldViolation:
    """A field of the request and what is wrong with it."""

    field: str
    description: str


# What could not be done now is worth another try after that.
RETRY_DELAY = timedelta(seconds=1)

# Errors travel in trailers, which HTTP/2 peers bound to some kilobytes.
MAX_TOLD = 10
MAX_FIELD = 100


class Fault(Exception):  # noqa: N818 - a noun, as its kinds are
    """A refusal that the caller can understand and, often, mend."""

    usual_delay: timedelta | None = None
    """When to try again, unless the one that is raised says otherwise."""

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after = retry_after or self.usual_delay


class CannotServeError(Exception):
    """What a process serves from has changed so that it would do wrong. It ends, and says why."""


class InvalidArgument(Fault):
    """The request itself is wrong."""


class NotFound(Fault):
    """What the request names does not exist."""


class AlreadyExists(Fault):
    """What the request would store contradicts what is stored."""


class Unauthenticated(Fault):
    """Nobody knows who is calling."""


class PermissionDenied(Fault):
    """The caller may not do that."""


class ResourceExhausted(Fault):
    """There is no room for it now."""


class Unavailable(Fault):
    """It cannot be done now, and may be tried again."""

    usual_delay = RETRY_DELAY


class DeadlineExceeded(Fault):
    """Time ran out."""


def invalid_fields(
    *violations: FieldViolation, reason: str = "VALIDATION_FAILED"
) -> InvalidArgument:
    told = [FieldViolation(v.field[:MAX_FIELD], v.description) for v in violations[:MAX_TOLD]]
    said = "; ".join(f"{v.field}: {v.description}" for v in told)
    more = f"; and {len(violations) - MAX_TOLD} more" if len(violations) > MAX_TOLD else ""
    fields = ",".join(dict.fromkeys(v.field for v in told))
    return InvalidArgument(reason, said + more, metadata={"fields": fields}, violations=told)


def invalid_field(
    field: str, description: str, *, reason: str = "VALIDATION_FAILED"
) -> InvalidArgument:
    return invalid_fields(FieldViolation(field, description), reason=reason)
