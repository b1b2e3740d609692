"""The process that tells people and programs of alerts and reports."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from shadower.notifications.v1.notifications_service_pb2 import DESCRIPTOR
from shadower.notifications.v1.notifications_service_pb2_grpc import (
    add_NotificationsServiceServicer_to_server,
)

from services.notifications.definitions import Vault
from services.notifications.dispatching import Dispatcher
from services.notifications.guard import Guard, SystemLookUp
from services.notifications.instruments import Instruments
from services.notifications.keeping import Keeper
from services.notifications.lane_run import Means
from services.notifications.mailing import Mailer
from services.notifications.notice import TOLD_TYPES
from services.notifications.posting import open_poster
from services.notifications.pruning import keep_pruning
from services.notifications.retrying import Retries
from services.notifications.sealing import Sealer
from services.notifications.sending import Sender
from services.notifications.servicer import NotificationsServicer
from services.notifications.settings import NotificationSettings
from services.notifications.subscribing import GROUP, ToDeliveries
from services.runtime.background import in_background
from services.runtime.bus.envelope import encode
from services.runtime.bus.event import GroupSubscriber
from services.runtime.bus.kafka_group import KafkaGroup
from services.runtime.draining import Draining
from services.runtime.failpoints import Failpoints
from services.runtime.pool import NOTIFIER_ROLE, RELAY_ROLE, connect, open_pool
from services.runtime.process import run_with
from services.runtime.server import Service, serve
from services.runtime.telemetry.instruments import instruments
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.bus.subscribers import OutboxSubscriber
from services.warehouse.database import Database
from services.warehouse.notifications.lanes import Lanes
from services.warehouse.schema import schema_version


async def main(settings: NotificationSettings) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings))
        database = Database(pool, settings.query_cost, settings.log)
        notifier = await stack.enter_async_context(open_pool(settings, NOTIFIER_ROLE))
        lanes = Lanes(notifier, settings.lease, settings.notification_workspace_concurrency)
        guard = Guard(settings.notification_allowed_networks, _look_up(stack, settings))
        seconds = settings.notification_timeout_seconds
        poster = await stack.enter_async_context(open_poster(guard, seconds))
        mailer = Mailer(settings.mail_server, settings.smtp_from, seconds)
        sender, vault = Sender(poster, mailer), Vault(Sealer(settings.sealing_keys))
        failpoints = Failpoints(settings.failpoints)
        means = Means(
            database=database,
            vault=vault,
            sender=sender,
            retries=_retries(settings),
            instruments=Instruments(instruments().meter),
            failpoints=failpoints,
            lease=settings.lease,
            at_once=settings.notification_target_concurrency,
        )
        listen = partial(connect, settings, NOTIFIER_ROLE)
        dispatcher = Dispatcher(listen, lanes, means, settings.notification_concurrency)
        await stack.enter_async_context(dispatcher.dispatching(settings.drain_seconds))
        handler = ToDeliveries(database, failpoints).handle
        kept = timedelta(days=settings.notification_kept_days)
        work = (_subscriber(settings, database).run(handler), keep_pruning(lanes, kept))
        await stack.enter_async_context(in_background(*work))
        keeper = Keeper(database, vault, guard, has_mail=mailer.is_set)
        service = Service(
            DESCRIPTOR.services_by_name["NotificationsService"].full_name,
            partial(
                add_NotificationsServiceServicer_to_server,
                NotificationsServicer(database, keeper, vault, sender),
            ),
            partial(database.trouble, schema_version()),
        )
        access = access_of(settings, database)
        await serve(settings, [service], MessageValidator(), Draining(), access)


def _look_up(stack: AsyncExitStack, settings: NotificationSettings) -> SystemLookUp:
    most = settings.notification_concurrency * settings.notification_target_concurrency
    threads = ThreadPoolExecutor(most, "look-up")
    stack.callback(threads.shutdown, wait=False, cancel_futures=True)
    return SystemLookUp(threads)


def _retries(settings: NotificationSettings) -> Retries:
    return Retries(
        settings.notification_attempts,
        timedelta(seconds=settings.notification_retry_seconds),
        timedelta(seconds=settings.notification_pause_seconds),
    )


def _subscriber(settings: NotificationSettings, database: Database) -> GroupSubscriber:
    if settings.kafka_brokers:
        return KafkaGroup(settings, GROUP, partial(bury_alone, database))
    line = partial(connect, settings, RELAY_ROLE)
    return OutboxSubscriber(line, GROUP, encode, types=TOLD_TYPES)


if __name__ == "__main__":
    run_with(NotificationSettings, "notifications", main)
