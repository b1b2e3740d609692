"""The process that passes the outbox on, keeps it small, and shows what could not be handled."""

from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from functools import partial
from typing import Any

from shadower.bus.v1.dead_letters_service_pb2 import DESCRIPTOR
from shadower.bus.v1.dead_letters_service_pb2_grpc import add_DeadLettersServiceServicer_to_server

from services.relay.pruning import keep_pruning
from services.relay.relaying import GROUP, ToKafka
from services.relay.replaying import Replayer
from services.relay.servicer import DeadLettersServicer
from services.runtime.background import in_background
from services.runtime.draining import Draining
from services.runtime.kafka_sender import KafkaSender, open_sender
from services.runtime.pool import RELAY_ROLE, connect, open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.bus.groups import OutboxGroup
from services.warehouse.bus.lagging import OutboxLag
from services.warehouse.database import Database
from services.warehouse.schema import schema_version


async def main(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        database = Database(await stack.enter_async_context(open_pool(settings)))
        outbox = await stack.enter_async_context(open_pool(settings, RELAY_ROLE))
        sender = await stack.enter_async_context(_opened_sender(settings))
        has_kafka = sender is not None
        lag = OutboxLag(outbox, has_kafka=has_kafka)
        work = [keep_pruning(outbox, has_kafka=has_kafka), lag.follow()]
        if sender is not None:
            work.append(_relaying(settings, sender))
        await stack.enter_async_context(in_background(*work))
        await serve(
            settings,
            [_dead_letters(database, sender)],
            MessageValidator(),
            Draining(),
            access_of(settings, database),
        )


def _opened_sender(settings: Settings) -> AbstractAsyncContextManager[KafkaSender | None]:
    return open_sender(settings) if settings.kafka_brokers else nullcontext()


def _relaying(settings: Settings, sender: KafkaSender) -> Coroutine[Any, Any, None]:
    group = OutboxGroup(partial(connect, settings, RELAY_ROLE), GROUP)
    return group.run(ToKafka(sender, settings.bus_topic))


def _dead_letters(database: Database, sender: KafkaSender | None) -> Service:
    servicer = DeadLettersServicer(database, Replayer(database, sender))
    return Service(
        DESCRIPTOR.services_by_name["DeadLettersService"].full_name,
        partial(add_DeadLettersServiceServicer_to_server, servicer),
        partial(database.trouble, schema_version()),
    )


if __name__ == "__main__":
    run("relay", main)
