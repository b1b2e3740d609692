"""Which tiers a process has, and what makes answers of another edition."""

from pathlib import Path

from shadower.agents.v1 import agents_service_pb2
from shadower.metrics.v1 import metrics_service_pb2

from services.runtime.cache.opening import edition_of, open_cache
from services.runtime.cache.redis_tier import RedisTier
from services.runtime.cache.shared import NothingShared
from tests.support.cache import PAST, Replica, World, cache_settings

EDITION = b"test"


async def test_without_a_redis_nothing_is_shared() -> None:
    async with open_cache(cache_settings(), World(), EDITION) as cache:
        assert isinstance(cache.shared, NothingShared)


async def test_with_a_redis_answers_are_shared_even_if_it_is_away(tmp_path: Path) -> None:
    settings = cache_settings(REDIS_URL=f"unix://{tmp_path}/nobody")
    world = World()
    async with open_cache(settings, world, EDITION) as cache:
        assert isinstance(cache.shared, RedisTier)
        assert await Replica(world, cache).count("acme", PAST, 10) == 0


async def test_a_cache_of_no_bytes_remembers_nothing_anywhere(tmp_path: Path) -> None:
    settings = cache_settings(REDIS_URL=f"unix://{tmp_path}/nobody", cache_bytes=0)
    world = World()
    async with open_cache(settings, world, EDITION) as cache:
        assert isinstance(cache.shared, NothingShared)
        for _ in range(3):
            await Replica(world, cache).count("acme", PAST, 10)
    assert world.calculations == 3


def test_an_edition_is_of_a_contract_and_of_a_schema() -> None:
    metrics, agents = metrics_service_pb2.DESCRIPTOR, agents_service_pb2.DESCRIPTOR
    editions = [edition_of(metrics, "1"), edition_of(metrics, "2"), edition_of(agents, "1")]
    assert len(set(editions)) == 3
    assert edition_of(metrics, "1") == editions[0]
