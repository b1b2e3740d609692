"""Made-up facts of half a year, and how tests of GetMetrics ask about them."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest

from tests.support import oracle
from tests.support.errors import refused
from tests.support.oracle import Row
from tests.support.runs import Client, generated_runs, interval, point, run

# Both clock changes of Berlin lie in it; it begins and ends in the middle of everything.
START, END = datetime(2025, 3, 29, 10, 30, 15, tzinfo=UTC), datetime(2025, 11, 2, 7, 1, tzinfo=UTC)
WHOLE = interval(START, END)
DIMENSIONS = {
    "agent_id": Dimension.DIMENSION_AGENT,
    "agent_version": Dimension.DIMENSION_AGENT_VERSION,
    "user_id": Dimension.DIMENSION_USER,
    "model": Dimension.DIMENSION_MODEL,
    "provider": Dimension.DIMENSION_PROVIDER,
    "status": Dimension.DIMENSION_STATUS,
    "error_type": Dimension.DIMENSION_ERROR_TYPE,
}


async def listed(client: Client, **fields: Any) -> Any:
    request = ListMetricsRequest(workspace_id=client.workspace, **fields)
    return await client.stubs.metrics.ListMetrics(request, metadata=client.metadata)


def cut(choice: tuple[str, str] | None) -> dict[str, Any]:
    if choice is None:
        return {}
    name = f"GRANULARITY_{choice[0].upper()}"
    return {"granularity": Granularity.Value(name), "time_zone": choice[1]}


async def outcome(client: Client, **fields: Any) -> Any:
    """How a call was refused."""
    refusal = await refused(client.metrics(**fields))
    return refusal.code.name, refusal.reason, refusal.fields


def made_up_runs() -> list[Row]:
    outside = [run("before", START - oracle.MICROSECOND), run("at-end", END)]
    inside = [run("at-start", START), run("last", END - oracle.MICROSECOND)]
    return [*outside, *inside, *generated_runs(Random(1), 400, START, END - START)]


def made_up_points() -> list[Row]:
    """Values are multiples of 1/8, so that sums do not depend on their order."""
    random = Random(2)
    times = [START + timedelta(hours=random.randrange(5_000)) for _ in range(60)]
    regions: list[dict[str, str]] = [{}, {"region": "eu"}, {"region": "us", "az": "ü=1"}]
    return [
        point(kind, random.randrange(-800, 800) / 8, random.choice(times), **random.choice(regions))
        for kind in ("queue.depth", "Temp") * 150
    ]
