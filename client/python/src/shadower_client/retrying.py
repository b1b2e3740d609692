"""Which failures a call is tried again after, and when."""

import time
from dataclasses import dataclass, field
from math import inf
from random import SystemRandom

import grpc

from shadower_client.errors import ShadowerError

RANDOM = SystemRandom()

OUTAGE_SECONDS = 60.0
"""So long a stream that broke off is tried again, if nothing comes."""


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
        return self.pause(attempt, error)

    def pause(self, attempt: int, error: ShadowerError) -> float:
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
    identity: tuple[str, str] = ("", "")
    """The header by which the last attempt said who calls."""
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.timeout - (time.monotonic() - self.began))

    def deadline(self) -> float | None:
        """The same as channels take it."""
        return None if self.timeout == inf else self.left()

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
        delay = self._delay(error) if self.is_idempotent else None
        if delay is None or delay >= self.left():
            raise error
        return delay

    def _delay(self, error: ShadowerError) -> float | None:
        return self.policy.delay(self.made, error)


@dataclass
class Resumptions(Attempts):
    """The attempts of one stream that goes on where it broke off, as often as it does. What ends
    them is time without a message, and not their number: a server that is started again is away
    for longer than a few attempts.
    """

    broken: float | None = None
    """When it broke off for the first time since the last message."""

    def hear(self) -> None:
        self.made, self.has_renewed, self.broken = 0, False, None

    def _delay(self, error: ShadowerError) -> float | None:
        if self.policy.attempts == 1 or not may_pass(error):
            return None
        now, delay = time.monotonic(), self.policy.pause(self.made, error)
        self.broken = now if self.broken is None else self.broken
        return delay if now + delay - self.broken <= OUTAGE_SECONDS else None
