"""What those who watch the limiter see."""

import asyncio
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from gateway.limits.counters import OwnCounters
from gateway.limits.instruments import observe_limiter
from gateway.limits.lease import NO_LENDING, Lending
from gateway.limits.limit import Budget, Limit, Scope
from gateway.limits.limiter import Limiter, Outcome
from gateway.limits.redis_counters import RedisCounters
from gateway.limits.window import Verdict
from services.runtime.redis_client import NoPlaceError


class Crowded:
    """Counters that too many ask at once."""

    async def charge(
        self, budgets: Sequence[Budget], cost: int, lending: Lending = NO_LENDING
    ) -> Verdict | None:
        raise NoPlaceError


async def test_who_finds_no_place_is_counted_apart_from_who_finds_nobody() -> None:
    limiter = Limiter(OwnCounters(), Crowded())
    for limit_class in ("reports", "dashboards", "dashboards"):
        await limiter.decide([Budget("w", Scope.WORKSPACE, "", limit_class, Limit(1, 60))], 1)
    assert limiter.decisions == {
        ("reports", Outcome.UNCHECKED_NO_PLACE): 1,
        ("dashboards", Outcome.PASSED_NO_PLACE): 1,
        ("dashboards", Outcome.LIMITED_NO_PLACE): 1,
    }
    assert await limiter.look([Budget("w", Scope.USER, "ann", "reports", Limit(1, 60))]) is None


class Slow:
    """A client of a Redis that is well, and takes a twelfth of a second for each script."""

    def register_script(self, script: str) -> Any:
        async def run(**_: Any) -> list[int]:
            await asyncio.sleep(0.08)
            return [1, 0, 1, 0, 1, 17]

        return run


async def test_a_crowd_waits_its_turn_and_none_is_told_that_redis_is_away() -> None:
    slow: Any = Slow()
    limiter = Limiter(OwnCounters(), RedisCounters(slow, timeout_seconds=2))
    asked = [Budget("w", Scope.WORKSPACE, "", "administration", Limit(1000, 60))]
    await asyncio.gather(*(limiter.decide(asked, 1) for _ in range(80)))
    assert limiter.decisions == {("administration", Outcome.PASSED): 80}
    await asyncio.gather(*(limiter.decide(asked, 1) for _ in range(600)))
    assert limiter.decisions["administration", Outcome.UNCHECKED_NO_PLACE] > 0
    assert limiter.decisions["administration", Outcome.UNCHECKED] == 0
    assert (await limiter.decide(asked, 1)).refusal is None


async def test_decisions_are_counted_by_class_and_outcome() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    limiter = Limiter(OwnCounters(), None)
    observe_limiter(limiter, provider.get_meter("test"))
    for limit_class, times in (("reports", 5), ("exports", 1)):
        budget = Budget("w", Scope.WORKSPACE, "", limit_class, Limit(3, 60))
        for _ in range(times):
            await limiter.decide([budget], 1)
    data = reader.get_metrics_data()
    assert data is not None
    [metric] = [one for r in data.resource_metrics for s in r.scope_metrics for one in s.metrics]
    assert metric.name == "shadower.limits.decisions"
    found = {
        (point.attributes["class"], point.attributes["outcome"]): point.value
        for point in metric.data.data_points
    }
    assert found == {
        ("reports", "passed"): 3,
        ("reports", "limited"): 2,
        ("exports", "passed"): 1,
    }
    provider.shutdown()
