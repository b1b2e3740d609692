"""What a span costs."""

from decimal import Decimal

from shadower.ingest.v1 import span_pb2 as pb

from services.ingest.prices.table import PriceTable, Usage
from services.ingest.spans import span
from services.translation.values import plain
from services.warehouse.traces.model import Span


def set_price(item: pb.Span, table: PriceTable) -> None:
    """Leaves unknown what is."""
    cost = cost_of(span(item), table) if item.HasField("input_tokens") else None
    if cost is not None:
        item.cost_usd = plain(cost)
        item.price_version = table.version


def cost_of(told: Span, table: PriceTable) -> Decimal | None:
    """By the model that answered, else by the one that was asked; None if that cannot be said."""
    usage = Usage(
        input_tokens=told.input_tokens,
        output_tokens=told.output_tokens,
        cache_read_tokens=told.cache_read_tokens,
        cache_write_tokens=told.cache_write_tokens,
    )
    models = (told.response_model or "", told.request_model or "")
    return table.cost(told.provider or "", models, usage)
