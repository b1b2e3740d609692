"""Puts a price to a span."""

from shadower.ingest.v1.span_pb2 import Span

from services.ingest.prices.table import PriceTable, Usage
from services.translation.values import plain


def set_price(span: Span, table: PriceTable) -> None:
    """By the model that answered, else by the one that was asked; leaves unknown what is."""
    cost = table.cost(span.provider, (span.response_model, span.request_model), _usage(span))
    if cost is not None:
        span.cost_usd = plain(cost)
        span.price_version = table.version


def _usage(span: Span) -> Usage:
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    counts = {name: getattr(span, name) if span.HasField(name) else None for name in names}  # type: ignore[arg-type]
    return Usage(**counts)
