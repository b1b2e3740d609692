"""Decides whether a request may pass, also while the shared counters are away."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from gateway.limits.counters import Counters, OwnCounters
from gateway.limits.lease import NO_LENDING, Lease, Lending
from gateway.limits.limit import Budget
from gateway.limits.window import Standing, Verdict
from services.runtime.contract import waiting_classes
from services.runtime.faults import RETRY_DELAY, Fault, ResourceExhausted
from services.runtime.redis_client import NoPlaceError
from services.runtime.times import microseconds


class Decision(NamedTuple):
    """What is answered to a request: None lets it pass. With it, how its budgets stand."""

    refusal: Fault | None
    standings: Sequence[tuple[Budget, Standing]] = ()
    lease: Lease | None = None


class Outcome(Enum):
    """What became of a request."""

    PASSED = "passed"
    LIMITED = "limited"
    UNCHECKED = "unchecked"
    """It waits until somebody can say how much is used."""
    PASSED_ALONE = "passed_alone"
    """By the counters of this process, since the shared ones are away."""
    LIMITED_ALONE = "limited_alone"
    UNCHECKED_NO_PLACE = "unchecked_no_place"
    """As above, but since too many asked the shared counters at once."""
    PASSED_NO_PLACE = "passed_no_place"
    LIMITED_NO_PLACE = "limited_no_place"
    LENT = "lent"
    """Charged ahead of it. Those that do not come are returned."""
    RETURNED = "returned"


class Basis(Enum):
    """By whose counters it was decided, and why."""

    SHARED = "shared"
    AWAY = "away"
    NO_PLACE = "no_place"


OUTCOMES: Mapping[tuple[Basis, bool | None], Outcome] = MappingProxyType(
    {
        (Basis.SHARED, True): Outcome.PASSED,
        (Basis.SHARED, False): Outcome.LIMITED,
        (Basis.AWAY, None): Outcome.UNCHECKED,
        (Basis.AWAY, True): Outcome.PASSED_ALONE,
        (Basis.AWAY, False): Outcome.LIMITED_ALONE,
        (Basis.NO_PLACE, None): Outcome.UNCHECKED_NO_PLACE,
        (Basis.NO_PLACE, True): Outcome.PASSED_NO_PLACE,
        (Basis.NO_PLACE, False): Outcome.LIMITED_NO_PLACE,
    }
)
"""By whether it is allowed; None if nobody could say."""


class Limiter:
    """Charges the shared counters. Without an answer of theirs, some classes wait, and the others
    are charged to counters of this process."""

    def __init__(self, own: OwnCounters, shared: Counters | None) -> None:
        """`shared` is None where nothing is to be shared: then this process's are exact."""
        self._own = own
        self._shared = shared
        self.decisions: Counter[tuple[str, Outcome]] = Counter()
        """How many there were, by class and outcome."""

    async def decide(
        self, budgets: Sequence[Budget], cost: int, lending: Lending = NO_LENDING
    ) -> Decision:
        limit_class = budgets[0].limit_class
        verdict, basis = await self._charged(budgets, cost, lending)
        self.decisions[limit_class, OUTCOMES[basis, verdict and verdict.is_allowed]] += 1
        if verdict is None:
            return Decision(_unchecked(limit_class))
        self._count_lending(limit_class, verdict.lease, lending.returned)
        standings = list(zip(budgets, verdict.standings, strict=True))
        refusal = None if verdict.is_allowed else _limited(standings)
        return Decision(refusal, standings, verdict.lease)

    async def look(self, budgets: Sequence[Budget]) -> Verdict | None:
        """How budgets stand. None if nobody can say."""
        verdict, _ = await self._asked(budgets, 0, NO_LENDING)
        return verdict

    def _count_lending(self, limit_class: str, lent: Lease | None, returned: Lease | None) -> None:
        for lease, outcome in ((lent, Outcome.LENT), (returned, Outcome.RETURNED)):
            if lease is not None:
                self.decisions[limit_class, outcome] += lease.units

    async def _charged(
        self, budgets: Sequence[Budget], cost: int, lending: Lending
    ) -> tuple[Verdict | None, Basis]:
        verdict, basis = await self._asked(budgets, cost, lending)
        if verdict is None and budgets[0].limit_class not in waiting_classes():
            verdict = await self._own.charge(budgets, cost)
        return verdict, basis

    async def _asked(
        self, budgets: Sequence[Budget], cost: int, lending: Lending
    ) -> tuple[Verdict | None, Basis]:
        if self._shared is None:
            return await self._own.charge(budgets, cost, lending), Basis.SHARED
        try:
            verdict = await self._shared.charge(budgets, cost, lending)
        except NoPlaceError:
            return None, Basis.NO_PLACE
        return verdict, Basis.AWAY if verdict is None else Basis.SHARED


def _limited(standings: Sequence[tuple[Budget, Standing]]) -> Fault:
    """Of the budget that keeps the request waiting longest."""
    budget, standing = max(standings, key=lambda one: one[1].wait)
    amount, seconds = budget.limit.amount, budget.limit.seconds
    return ResourceExhausted(
        "RATE_LIMITED",
        f"the limit of the {budget.scope.replace('_', ' ')} is {amount} requests in {seconds} s"
        f" of class {budget.limit_class}",
        metadata={
            "workspaceId": budget.workspace_id,
            "scope": budget.scope.value,
            "class": budget.limit_class,
            "limit": str(amount),
            "seconds": str(seconds),
        },
        retry_after=microseconds(standing.wait),
    )


def _unchecked(limit_class: str) -> Fault:
    return ResourceExhausted(
        "LIMITS_UNCHECKED",
        f"nobody can say how much of the limits is used, and class {limit_class} waits for it",
        metadata={"class": limit_class},
        retry_after=RETRY_DELAY,
    )
