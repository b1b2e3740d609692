"""A sliding window of sixty slots: what was charged counts until its slot has left it wholly, so
there is never more than the limit in any time of its length.

charge.lua does the same in Redis. Times are in microseconds of whichever clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.limits.lease import LIFE, NO_LENDING, Lease, Lending, lendable

SLOTS = 60
MICROSECONDS = 1_000_000


class Standing(NamedTuple):
    """How a budget stands after a request."""

    used: int
    wait: int
    """After so long there would be room for what was refused; 0 if nothing was."""
    reset: int
    """After so long there is more room than now; 0 if nothing is used."""


class Verdict(NamedTuple):
    """What became of a request, and how each of its budgets stands."""

    is_allowed: bool
    standings: tuple[Standing, ...]
    """Without what was lent just now."""
    lease: Lease | None = None


def width_of(seconds: int) -> int:
    """How long a slot is; all together are not shorter than the period."""
    return -(-seconds * MICROSECONDS // SLOTS)


@dataclass(slots=True)
class Window:
    """What was charged to one budget, by slots."""

    width: int
    slots: dict[int, int] = field(default_factory=dict)

    def used(self, now: int) -> int:
        first = now // self.width - SLOTS
        self.slots = {slot: count for slot, count in self.slots.items() if slot >= first}
        return sum(self.slots.values())

    def charge(self, now: int, cost: int) -> int:
        """The slot that has it."""
        slot = now // self.width
        self.slots[slot] = self.slots.get(slot, 0) + cost
        return slot

    def take_back(self, slot: int, units: int) -> None:
        """Unless that slot has not so many, or has left."""
        left = self.slots.get(slot, 0) - units
        if left > 0:
            self.slots[slot] = left
        elif left == 0:
            del self.slots[slot]

    def standing(self, now: int, missing: int) -> Standing:
        """`missing` is the room that a request lacked."""
        wait = self._until(now, missing) if missing > 0 else 0
        return Standing(self.used(now), wait, self._until(now, 1))

    def _until(self, now: int, room: int) -> int:
        """As if all were free once nothing is used."""
        last = 0
        for slot in sorted(self.slots):
            last = (slot + SLOTS + 1) * self.width - now
            room -= self.slots[slot]
            if room <= 0:
                break
        return last


def charge_all(
    windows: Iterable[tuple[Window, int]], now: int, cost: int, lending: Lending = NO_LENDING
) -> Verdict:
    """Charges each window with its amount, or none. A cost of 0 only looks."""
    pairs = list(windows)
    _take_back([window for window, _ in pairs], lending.returned)
    looked = [(window, window.used(now) + cost - amount) for window, amount in pairs]
    is_allowed = all(missing <= 0 for _, missing in looked)
    if is_allowed and cost:
        for window, _ in looked:
            window.charge(now, cost)
    # Who only looks has not been refused, however much is used.
    standings = tuple(window.standing(now, missing if cost else 0) for window, missing in looked)
    lease = _lent(pairs, now, lending.wanted) if is_allowed and cost else None
    return Verdict(is_allowed or not cost, standings, lease)


def _take_back(windows: Sequence[Window], lease: Lease | None) -> None:
    if lease is not None and len(lease.slots) == len(windows):
        for window, slot in zip(windows, lease.slots, strict=True):
            window.take_back(slot, lease.units)


def _lent(windows: Iterable[tuple[Window, int]], now: int, wanted: int) -> Lease | None:
    room = (lendable(amount, window.used(now)) for window, amount in windows)
    units = min(wanted, *room)
    if units == 0:
        return None
    # What is lent may be used until its lease ends, so it counts from then on.
    return Lease(units, tuple(window.charge(now + LIFE, units) for window, _ in windows))
