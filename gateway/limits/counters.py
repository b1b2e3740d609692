"""Where what was charged is counted."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Protocol

from gateway.limits.lease import NO_LENDING, Lending
from gateway.limits.limit import Budget
from gateway.limits.window import Verdict, Window, charge_all, width_of

MOST_WINDOWS = 20_000
LONGEST_SUBJECT = 128


class Counters(Protocol):
    """Charges a request to all of its budgets, or to none."""

    async def charge(
        self, budgets: Sequence[Budget], cost: int, lending: Lending = NO_LENDING
    ) -> Verdict | None:
        """A cost of 0 only looks. None if nobody can say. Raises NoPlaceError if too many ask."""


def name_of(budget: Budget) -> str:
    """Another period is another window. A subject can have any characters, so it comes last. Names
    share a slot of a cluster within a workspace only: a request to several needs one server."""
    return (
        f"shadower:limit:{{{budget.workspace_id}}}:{budget.limit_class}:{budget.limit.seconds}"
        f":{budget.scope}:{_short(budget.subject)}"
    )


def _short(subject: str) -> str:
    """Names take room, whoever chooses them."""
    if len(subject) <= LONGEST_SUBJECT:
        return subject
    return f"#{sha256(subject.encode()).hexdigest()}"


class OwnCounters:
    """Counters of this process alone: those that were not charged longest are forgotten."""

    def __init__(
        self,
        most: int = MOST_WINDOWS,
        clock: Callable[[], int] = lambda: time.monotonic_ns() // 1000,
    ) -> None:
        self._most = most
        self._clock = clock
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    async def charge(
        self, budgets: Sequence[Budget], cost: int, lending: Lending = NO_LENDING
    ) -> Verdict:
        windows = [(self._window(budget), budget.limit.amount) for budget in budgets]
        return charge_all(windows, self._clock(), cost, lending)

    def _window(self, budget: Budget) -> Window:
        name = name_of(budget)
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = Window(width_of(budget.limit.seconds))
        self._windows.move_to_end(name)
        if len(self._windows) > self._most:
            self._windows.popitem(last=False)
        return window
