"""PricingService: what calls of models cost, and what they cost by another table."""

from shadower.ingest.v1 import pricing_service_pb2 as pb
from shadower.ingest.v1.pricing_service_pb2_grpc import PricingServiceServicer

from services.ingest.prices.pricing import cost_of
from services.ingest.prices.source import PriceSource
from services.ingest.prices.table import Price
from services.runtime.call import Context
from services.translation.requests import interval
from services.translation.values import optional_plain, plain
from services.warehouse.traces.repricing import Repricer


class PricingServicer(PricingServiceServicer):
    """Translates between the contract, the price table and the warehouse."""

    def __init__(self, prices: PriceSource, repricer: Repricer) -> None:
        self._prices = prices
        self._repricer = repricer

    async def GetPriceTable(
        self, request: pb.GetPriceTableRequest, context: Context
    ) -> pb.GetPriceTableResponse:
        table = self._prices.table()
        return pb.GetPriceTableResponse(version=table.version, prices=map(_price, table.prices))

    async def RepriceModelCalls(
        self, request: pb.RepriceModelCallsRequest, context: Context
    ) -> pb.RepriceModelCallsResponse:
        table = self._prices.table()
        repriced = await self._repricer.reprice(
            request.workspace_id,
            interval(request),
            lambda span: cost_of(span, table),
            table.version,
        )
        return pb.RepriceModelCallsResponse(
            price_version=table.version,
            priced=repriced.priced,
            unchanged=repriced.unchanged,
            unknown=repriced.unknown,
            executions_updated=repriced.executions_updated,
        )


def _price(price: Price) -> pb.ModelPrice:
    return pb.ModelPrice(
        provider=price.provider,
        models=price.models,
        input_usd=plain(price.input_usd),
        output_usd=optional_plain(price.output_usd),
        cache_read_usd=optional_plain(price.cache_read_usd),
        cache_write_usd=optional_plain(price.cache_write_usd),
        max_input_tokens=price.max_input_tokens,
    )
