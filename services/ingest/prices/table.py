"""What calls of models cost. Pure; money is decimal, and what the table does not say is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

MILLION = Decimal(1_000_000)
ANY_ENDING = "*"


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for a million tokens of some models of a provider."""

    provider: str
    models: tuple[str, ...]
    input_usd: Decimal
    output_usd: Decimal | None = None
    cache_read_usd: Decimal | None = None
    cache_write_usd: Decimal | None = None
    max_input_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The tokens of a call. Those of the cache are parts of the input."""

    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None


@dataclass(frozen=True)
class PriceTable:
    """All prices, and the version that is kept with whatever was priced by them."""

    version: str
    prices: tuple[Price, ...]
    _by_name: Mapping[tuple[str, str], Price] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_name = {
            (price.provider, model): price for price in self.prices for model in price.models
        }
        object.__setattr__(self, "_by_name", by_name)

    def find(self, provider: str, model: str) -> Price | None:
        """The price of a model by its name, or else by the longest beginning of it."""
        names = [model, *(model[:end] + ANY_ENDING for end in range(len(model), 0, -1))]
        found = (self._by_name.get((provider, name)) for name in names)
        return next((price for price in found if price), None)

    def cost(self, provider: str, models: tuple[str, ...], usage: Usage) -> Decimal | None:
        """By the first of the models that the table knows; None if that cannot be said."""
        found = (self.find(provider, model) for model in models if model)
        price = next((price for price in found if price), None)
        return _cost(price, usage) if price else None


def _cost(price: Price, usage: Usage) -> Decimal | None:
    parts = _parts(price, usage)
    if parts is None or not _is_within(price, usage):
        return None
    known = [(usd, tokens) for usd, tokens in parts if tokens]
    total = Decimal(0)
    for usd, tokens in known:
        if usd is None:
            return None
        total += usd * tokens
    return total / MILLION


def _parts(price: Price, usage: Usage) -> list[tuple[Decimal | None, int]] | None:
    """What is to be paid for: None if tokens are not known that cost something."""
    read, write = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    if usage.input_tokens is None or (usage.output_tokens is None and price.output_usd is not None):
        return None
    return [
        (price.input_usd, usage.input_tokens - read - write),
        (price.cache_read_usd, read),
        (price.cache_write_usd, write),
        (price.output_usd, usage.output_tokens or 0),
    ]


def _is_within(price: Price, usage: Usage) -> bool:
    return price.max_input_tokens is None or (usage.input_tokens or 0) <= price.max_input_tokens
