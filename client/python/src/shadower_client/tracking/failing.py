"""What an exception says of a run."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from shadower_client.api.common import ErrorType, ExecutionStatus

Classify: TypeAlias = Callable[[BaseException], ErrorType | None]
"""May know better; None leaves it to what is known here."""

LOG = logging.getLogger("shadower_client.tracking")

MESSAGE_CHARACTERS = 4096

KINDS: tuple[tuple[type[BaseException], ErrorType], ...] = (
    (TimeoutError, ErrorType.TIMEOUT),
    (ConnectionError, ErrorType.NETWORK),
    (PermissionError, ErrorType.AUTH),
    (MemoryError, ErrorType.RESOURCE),
    (ValueError, ErrorType.VALIDATION),
    (TypeError, ErrorType.VALIDATION),
)

NAMES = {
    "APIConnectionError": ErrorType.NETWORK,
    "APIStatusError": ErrorType.MODEL_ERROR,
    "APITimeoutError": ErrorType.TIMEOUT,
    "AuthenticationError": ErrorType.AUTH,
    "ConnectError": ErrorType.NETWORK,
    "InternalServerError": ErrorType.MODEL_ERROR,
    "PermissionDeniedError": ErrorType.AUTH,
    "RateLimitError": ErrorType.RATE_LIMIT,
    "TimeoutException": ErrorType.TIMEOUT,
    "ValidationError": ErrorType.VALIDATION,
}
"""Names that classes of model providers' and HTTP clients have, which need not be installed."""

STOPPED = (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit)


@dataclass(frozen=True)
class Failure:
    """How a run ended that did not succeed."""

    status: ExecutionStatus
    error_type: ErrorType
    message: str


def failure_of(error: BaseException, classify: Classify | None = None) -> Failure:
    if isinstance(error, STOPPED):
        return Failure(ExecutionStatus.CANCELLED, ErrorType.UNSPECIFIED, "")
    kind = _judged(error, classify) or _type_of(error)
    status = ExecutionStatus.TIMED_OUT if kind is ErrorType.TIMEOUT else ExecutionStatus.FAILED
    return Failure(status, kind, _message(error))


def _judged(error: BaseException, classify: Classify | None) -> ErrorType | None:
    """The program's own function may raise anything; what failed is the run, for its own reason."""
    try:
        return classify(error) if classify else None
    except Exception:
        LOG.exception("what a run failed of could not be classified")
        return None


def _type_of(error: BaseException) -> ErrorType:
    # Names go first, for a subclass knows better than what it is derived from.
    for one in type(error).__mro__:
        if one.__name__ in NAMES:
            return NAMES[one.__name__]
    return next((kind for known, kind in KINDS if isinstance(error, known)), ErrorType.UNKNOWN)


def _message(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:  # noqa: BLE001
        said = ""  # It cannot say what it is.
    return f"{type(error).__name__}: {said}".replace("\x00", "")[:MESSAGE_CHARACTERS]
