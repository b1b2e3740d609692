"""Which failures a call is tried again after, and when."""

import time
from dataclasses import dataclass, field
from random import SystemRandom

import grpc

from shadower_client.errors import ShadowerError

RANDOM = SystemRandom()


@dataclass(frozen=True)
class RetryPolicy:
    """Tries again after UNAVAILABLE, and after RESOURCE_EXHAUSTED if the server says when, as long
    as the call's own time lasts. Only calls that the contract calls idempotent are repeated."""

    attempts: int = 5
    """How often a call is made at most; 1 never repeats."""
    first_seconds: float = 0.1
    """About how long to wait at first, twice as long each time."""
    longest_seconds: float = 5.0

    def delay(self, attempt: int, error: ShadowerError) -> float | None:
        """How many seconds after the attempt, counted from 1, the next may begin; None for
        never.
        """
        if attempt >= self.attempts or not may_pass(error):
            return None
        if error.retry_after is not None:
            # Never sooner than told, and not all at once.
            return error.retry_after.total_seconds() + RANDOM.uniform(0, self.first_seconds)
        return self.backoff(attempt)

    def backoff(self, attempt: int) -> float:
        # Far fewer doublings than a float has room for.
        longest = min(self.longest_seconds, self.first_seconds * 2 ** min(attempt, 60))
        return RANDOM.uniform(longest / 2, longest)


def may_pass(error: ShadowerError) -> bool:
    if error.code is grpc.StatusCode.UNAVAILABLE:
        return True
    return error.code is grpc.StatusCode.RESOURCE_EXHAUSTED and error.retry_after is not None


@dataclass
class Attempts:
    """The attempts of one call, within one deadline."""

    policy: RetryPolicy
    is_idempotent: bool
    timeout: float
    made: int = 0
    has_renewed: bool = False
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.timeout - (time.monotonic() - self.began))

    def wants_renewal(self, error: ShadowerError) -> bool:
        """Whether another token may help. Who is not let in has done nothing, so that anything may
        be repeated; once, for a token that nobody wants may be any token."""
        if error.code is not grpc.StatusCode.UNAUTHENTICATED or self.has_renewed:
            return False
        self.has_renewed = True
        return True

    def pause(self, error: ShadowerError) -> float:
        """How long to wait before the next attempt; raises the error if there is none."""
        self.made += 1
        delay = self.policy.delay(self.made, error) if self.is_idempotent else None
        if delay is None or delay >= self.left():
            raise error
        return delay
