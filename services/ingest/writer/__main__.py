"""The process that writes what the log holds into the warehouse."""

from contextlib import AsyncExitStack
from functools import partial

from services.ingest.writer.looks import Looks
from services.ingest.writer.watch import Watch
from services.ingest.writer.writing import LogWriter
from services.runtime.background import in_background
from services.runtime.draining import Draining
from services.runtime.failpoints import Failpoints
from services.runtime.kafka import depend_on
from services.runtime.kafka_door import Door
from services.runtime.pool import open_pool
from services.runtime.process import CannotStartError, run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.facts.recorder import Recorder
from services.warehouse.facts.staging import create_staging
from services.warehouse.schema import schema_version

# It answers no call but those about its health.
NAME = "shadower.ingest.Writer"


async def main(settings: Settings) -> None:
    if not settings.kafka_brokers:
        raise CannotStartError("without KAFKA_BROKERS there is no log to write")
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings, prepare=create_staging))
        database = Database(pool)
        recorder = Recorder(database, Failpoints(settings.failpoints))
        looks, door = Looks(), depend_on(settings)
        writer = LogWriter(settings, database, recorder, looks)
        watch = Watch(settings, database, looks, writer.positions)
        await stack.enter_async_context(in_background(writer.run(), watch.run()))
        health = Service(NAME, lambda _: None, partial(_trouble, database, door, writer))
        await serve(
            settings, [health], MessageValidator(), Draining(), access_of(settings, database)
        )


async def _trouble(database: Database, door: Door, writer: LogWriter) -> str:
    trouble = await database.trouble(schema_version())
    # Why brokers turn it away, the writer itself does not hear.
    return trouble or await door.refusal() or writer.trouble()


if __name__ == "__main__":
    run("writer", main)
