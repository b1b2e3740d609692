"""The process that takes facts in."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack

from services.ingest.intake.backlog import Backlog
from services.ingest.intake.direct import open_direct_intake
from services.ingest.intake.intake import Intake
from services.ingest.intake.log import open_log_intake
from services.ingest.lag import log_end_of
from services.ingest.offers import ingest_services
from services.ingest.prices.source import PriceSource
from services.runtime.draining import Draining
from services.runtime.failpoints import Failpoints
from services.runtime.kafka import depend_on
from services.runtime.pool import open_pool
from services.runtime.process import run
from services.runtime.server import serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.facts.recorder import Recorder
from services.warehouse.facts.staging import create_staging


async def main(settings: Settings) -> None:
    validator, draining = MessageValidator(), Draining()
    prices = PriceSource(settings.prices_file)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings, prepare=create_staging))
        database = Database(pool)
        refusal = depend_on(settings).refusal if settings.kafka_brokers else _nobody_refuses
        intake = await stack.enter_async_context(_opened_intake(settings, database))
        services = ingest_services(
            prices=prices,
            database=database,
            intake=intake,
            log_end=log_end_of(settings),
            validator=validator,
            draining=draining,
            refusal=refusal,
        )
        await serve(settings, services, validator, draining, access_of(settings, database))


async def _nobody_refuses() -> str:
    return ""


def _opened_intake(settings: Settings, database: Database) -> AbstractAsyncContextManager[Intake]:
    backlog = Backlog(settings.backlog_items, settings.backlog_bytes)
    failpoints = Failpoints(settings.failpoints)
    if settings.kafka_brokers:
        return open_log_intake(settings, backlog, failpoints)
    return open_direct_intake(Recorder(database, failpoints), backlog)


if __name__ == "__main__":
    run("ingest", main)
