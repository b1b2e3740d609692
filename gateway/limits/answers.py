"""What Envoy is answered, and what it passes on to the caller."""

import base64
from collections.abc import Iterator
from math import ceil

from edge_api import rate_limit_service_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from gateway.limits.asked import Asked
from gateway.limits.lease import Lease
from gateway.limits.limit import Budget
from gateway.limits.limiter import Decision
from gateway.limits.window import MICROSECONDS, Standing
from services.runtime.faults import Fault
from services.runtime.status import to_status

REASON_HEADER = "x-shadower-reason"
"""Tells the edge what to write as the error's reason; it goes no further."""
OK = pb.RateLimitResponse.OK
OVER_LIMIT = pb.RateLimitResponse.OVER_LIMIT
# Of other periods Envoy cannot tell the callers.
UNITS = {
    1: pb.RateLimitResponse.RateLimit.SECOND,
    60: pb.RateLimitResponse.RateLimit.MINUTE,
    3600: pb.RateLimitResponse.RateLimit.HOUR,
    86_400: pb.RateLimitResponse.RateLimit.DAY,
    604_800: pb.RateLimitResponse.RateLimit.WEEK,
}


def passed() -> pb.RateLimitResponse.DescriptorStatus:
    """Of a request that nothing is charged for."""
    return pb.RateLimitResponse.DescriptorStatus(code=OK)


def all_passed(
    statuses: list[pb.RateLimitResponse.DescriptorStatus], lease: Lease | None
) -> pb.RateLimitResponse:
    answer = pb.RateLimitResponse(overall_code=OK, statuses=statuses)
    if lease is not None:
        answer.dynamic_metadata.update({"lease": str(lease)})
    return answer


def status_of(decision: Decision) -> pb.RateLimitResponse.DescriptorStatus:
    """Tells of the budget that has the least room; of a refused request, the longest wait."""
    code = OK if decision.refusal is None else OVER_LIMIT
    if not decision.standings:
        return pb.RateLimitResponse.DescriptorStatus(code=code)
    budget, standing = min(decision.standings, key=_tightness)
    return pb.RateLimitResponse.DescriptorStatus(
        code=code,
        current_limit=_limit(budget),
        limit_remaining=max(0, budget.limit.amount - standing.used),
        duration_until_reset=_whole_seconds(standing.wait or standing.reset),
    )


def _whole_seconds(span: int) -> Duration:
    """Rounded up, since Envoy tells whole seconds and drops the rest."""
    return Duration(seconds=ceil(span / MICROSECONDS))


def _tightness(one: tuple[Budget, Standing]) -> tuple[int, int]:
    budget, standing = one
    return -standing.wait, budget.limit.amount - standing.used


def _limit(budget: Budget) -> pb.RateLimitResponse.RateLimit:
    return pb.RateLimitResponse.RateLimit(
        requests_per_unit=budget.limit.amount,
        unit=UNITS.get(budget.limit.seconds, pb.RateLimitResponse.RateLimit.UNKNOWN),
        name=budget.scope.value,
    )


def refused(
    fault: Fault, asked: Asked, statuses: list[pb.RateLimitResponse.DescriptorStatus]
) -> pb.RateLimitResponse:
    """The body becomes the message of what the edge says, as JSON or as gRPC."""
    return pb.RateLimitResponse(
        overall_code=OVER_LIMIT,
        statuses=statuses,
        response_headers_to_add=_headers(fault, asked),
        raw_body=fault.message.encode(),
    )


def _headers(fault: Fault, asked: Asked) -> Iterator[pb.HeaderValue]:
    if fault.retry_after is not None:
        seconds = ceil(fault.retry_after.total_seconds())
        yield pb.HeaderValue(key="retry-after", value=str(seconds))
    # What came with a path of its own is JSON, which the edge writes.
    if asked.path:
        yield pb.HeaderValue(key=REASON_HEADER, value=fault.reason)
    else:
        details = base64.b64encode(to_status(fault).SerializeToString()).decode()
        yield pb.HeaderValue(key="grpc-status-details-bin", value=details)
