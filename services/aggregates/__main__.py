"""The process that calculates aggregates."""

from contextlib import AsyncExitStack
from functools import partial

from shadower.aggregates.v1.aggregates_service_pb2 import DESCRIPTOR
from shadower.aggregates.v1.aggregates_service_pb2_grpc import (
    add_AggregatesServiceServicer_to_server,
)

from services.aggregates.servicer import AggregatesServicer
from services.runtime.bus.event import BroadcastSubscriber
from services.runtime.bus.kafka_broadcast import KafkaBroadcast
from services.runtime.bus.listening import listening
from services.runtime.cache.instruments import observe_cache
from services.runtime.cache.opening import edition_of, open_cache
from services.runtime.cache.servicer import cache_service
from services.runtime.draining import Draining
from services.runtime.pool import RELAY_ROLE, connect, open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.bus.subscribers import OutboxBroadcast
from services.warehouse.database import Database
from services.warehouse.facts.revisions import Revisions
from services.warehouse.facts.staging import create_staging
from services.warehouse.replica import open_replica
from services.warehouse.schema import schema_version


async def main(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings, prepare=create_staging))
        replica = await stack.enter_async_context(open_replica(settings, pool))
        database = Database(pool, settings.query_cost, settings.log, replica)
        edition = edition_of(DESCRIPTOR, schema_version())
        remembering = open_cache(settings, Revisions(database), edition)
        cache = await stack.enter_async_context(remembering)
        observe_cache(cache, instruments())
        await stack.enter_async_context(listening(_news(settings), cache))
        servicer = AggregatesServicer(database, cache)
        service = Service(
            DESCRIPTOR.services_by_name["AggregatesService"].full_name,
            partial(add_AggregatesServiceServicer_to_server, servicer),
            partial(database.trouble, schema_version()),
        )
        await serve(
            settings,
            [service, cache_service(cache)],
            MessageValidator(),
            Draining(),
            access_of(settings, database),
        )


def _news(settings: Settings) -> BroadcastSubscriber:
    if settings.kafka_brokers:
        return KafkaBroadcast(settings)
    return OutboxBroadcast(partial(connect, settings, RELAY_ROLE))


if __name__ == "__main__":
    run("aggregates", main)
