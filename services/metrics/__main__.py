"""The process that answers with metrics, past and live."""

from contextlib import AsyncExitStack
from functools import partial

from shadower.metrics.v1.metrics_service_pb2 import DESCRIPTOR
from shadower.metrics.v1.metrics_service_pb2_grpc import add_MetricsServiceServicer_to_server

from services.metrics.servicer import MetricsServicer
from services.metrics.settings import MetricsSettings
from services.metrics.view import Sources
from services.metrics.views import Views
from services.runtime.background import in_background
from services.runtime.bus.event import BroadcastSubscriber
from services.runtime.bus.kafka_broadcast import KafkaBroadcast
from services.runtime.bus.listening import listening
from services.runtime.cache.instruments import observe_cache
from services.runtime.cache.opening import edition_of, open_cache
from services.runtime.cache.servicer import cache_service
from services.runtime.draining import Draining
from services.runtime.pool import RELAY_ROLE, connect, open_pool
from services.runtime.process import run_with
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.bus.subscribers import OutboxBroadcast
from services.warehouse.database import Database
from services.warehouse.facts.announcements import Announcements
from services.warehouse.facts.revisions import Revisions
from services.warehouse.replica import open_replica
from services.warehouse.schema import schema_version


async def main(settings: MetricsSettings) -> None:
    draining = Draining()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings))
        replica = await stack.enter_async_context(open_replica(settings, pool))
        database = Database(pool, settings.query_cost, settings.log, replica)
        announcements = Announcements()
        edition = edition_of(DESCRIPTOR, schema_version())
        remembering = open_cache(settings, Revisions(database), edition)
        cache = await stack.enter_async_context(remembering)
        observe_cache(cache, instruments())
        views = Views(
            Sources(database, announcements, draining),
            settings.max_workspace_streams,
            settings.live_points,
        )
        await stack.enter_async_context(in_background(views.end()))
        # Last, so that a process that cannot start has not begun to listen.
        await stack.enter_async_context(listening(_news(settings), cache, announcements))
        servicer = MetricsServicer(database, views, cache)
        service = Service(
            DESCRIPTOR.services_by_name["MetricsService"].full_name,
            partial(add_MetricsServiceServicer_to_server, servicer),
            partial(database.trouble, schema_version()),
        )
        await serve(
            settings,
            [service, cache_service(cache)],
            MessageValidator(),
            draining,
            access_of(settings, database),
        )


def _news(settings: Settings) -> BroadcastSubscriber:
    if settings.kafka_brokers:
        return KafkaBroadcast(settings)
    return OutboxBroadcast(partial(connect, settings, RELAY_ROLE))


if __name__ == "__main__":
    run_with(MetricsSettings, "metrics", main)
