"""Requests that are charged ahead, so that an edge need not ask about each of a busy caller's.

A lease is charged like requests when it is given, and what an edge did not use of it is taken back
from the very slots that were charged: so budgets are never exceeded, whatever becomes of a lease.
"""

import re
from typing import NamedTuple, Self

LIFE = 1_000_000
"""Microseconds that a lease is good for; envoy/leases.lua keeps to it."""
LENT_SHARE = 100
"""At most one in so many of a budget's amount is lent at a time."""
LEAST_LENT_AMOUNT = 1_000
"""Smaller budgets are counted request by request: of them a lease that is lost would be felt."""
WRITTEN = re.compile(r"([0-9]{1,9})@([0-9]{1,15}(?:,[0-9]{1,15})*)")


class Lease(NamedTuple):
    """So many requests, charged in those slots: one for each budget."""

    units: int
    slots: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what no lease was written as."""
        found = WRITTEN.fullmatch(text)
        return cls(int(found[1]), tuple(map(int, found[2].split(",")))) if found else None

    def __str__(self) -> str:
        return f"{self.units}@{','.join(map(str, self.slots))}"


class Lending(NamedTuple):
    """What an edge asks beside whether a request may pass."""

    wanted: int = 0
    returned: Lease | None = None
    """What it has not used of an earlier lease."""


NO_LENDING = Lending()


def lendable(amount: int, used: int) -> int:
    """What may be lent of a budget: nothing once half is used, so that near the limit each request
    is asked about."""
    if amount < LEAST_LENT_AMOUNT:
        return 0
    return max(0, min(amount // LENT_SHARE, amount // 2 - used))
