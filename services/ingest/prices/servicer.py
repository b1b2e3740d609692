"""PricingService: what calls of models cost, and what they cost by another table."""

from decimal import Decimal

from shadower.ingest.v1 import pricing_service_pb2 as pb
from shadower.ingest.v1.pricing_service_pb2_grpc import PricingServiceServicer

from services.ingest.prices.source import PriceSource
from services.ingest.prices.table import Price, PriceTable, Usage
from services.runtime.call import Context
from services.translation.requests import interval
from services.translation.values import optional_plain, plain
from services.warehouse.traces.model import Span
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
            request.workspace_id, interval(request), lambda span: _cost(table, span), table.version
        )
        return pb.RepriceModelCallsResponse(
            price_version=table.version,
            priced=repriced.priced,
            unchanged=repriced.unchanged,
            unknown=repriced.unknown,
            executions_updated=repriced.executions_updated,
        )


def _cost(table: PriceTable, span: Span) -> Decimal | None:
    usage = Usage(
        input_tokens=span.input_tokens,
        output_tokens=span.output_tokens,
        cache_read_tokens=span.cache_read_tokens,
        cache_write_tokens=span.cache_write_tokens,
    )
    models = (span.response_model or "", span.request_model or "")
    return table.cost(span.provider or "", models, usage)


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
