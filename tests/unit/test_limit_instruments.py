"""What those who watch the limiter see."""

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from gateway.limits.counters import OwnCounters
from gateway.limits.instruments import observe_limiter
from gateway.limits.limit import Budget, Limit, Scope
from gateway.limits.limiter import Limiter


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
