"""What the edge says of what it has no room for: the same as a service that is full."""

import base64
from dataclasses import dataclass
from math import ceil

from services.runtime.faults import RETRY_DELAY, ResourceExhausted
from services.runtime.status import to_status


@dataclass(frozen=True)
class Busy:
    """A refusal in the words of each protocol."""

    code: int
    message: str
    reason: str
    retry_after: int
    details: str
    """All of it as grpc-status-details-bin."""


def busy() -> Busy:
    fault = ResourceExhausted(
        "SERVER_BUSY", "more is asked than can be answered soon", retry_after=RETRY_DELAY
    )
    status = to_status(fault)
    return Busy(
        code=status.code,
        message=fault.message,
        reason=fault.reason,
        retry_after=ceil(RETRY_DELAY.total_seconds()),
        details=base64.b64encode(status.SerializeToString()).decode(),
    )
