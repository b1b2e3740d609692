"""The process that takes facts in."""

from functools import partial

from shadower.ingest.v1.ingest_service_pb2 import DESCRIPTOR
from shadower.ingest.v1.ingest_service_pb2_grpc import add_IngestServiceServicer_to_server

from services.ingest.offers import otlp_services, pricing_service
from services.ingest.otlp.exporting import Exporting
from services.ingest.prices.servicer import PricingServicer
from services.ingest.prices.source import PriceSource
from services.ingest.servicer import IngestServicer
from services.runtime.draining import Draining
from services.runtime.pool import open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.database import Database
from services.warehouse.facts.recorder import Recorder
from services.warehouse.schema import schema_version
from services.warehouse.traces.repricing import Repricer


async def main(settings: Settings) -> None:
    validator, draining = MessageValidator(), Draining()
    prices = PriceSource(settings.prices_file)
    async with open_pool(settings) as pool:
        database = Database(pool)
        recorder = Recorder(database)
        probe = partial(database.trouble, schema_version())
        servicer = IngestServicer(recorder, validator, draining)
        ingest = Service(
            DESCRIPTOR.services_by_name["IngestService"].full_name,
            partial(add_IngestServiceServicer_to_server, servicer),
            probe,
        )
        services = [
            ingest,
            *otlp_services(Exporting(recorder, validator, prices), probe),
            pricing_service(PricingServicer(prices, Repricer(database)), probe),
        ]
        await serve(settings, services, validator, draining)


if __name__ == "__main__":
    run("ingest", main)
