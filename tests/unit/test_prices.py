"""The price table: what it knows, what it does not, and when it is read again."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.prices.source import DEFAULT_FILE, BadPricesError, PriceSource, read_prices
from services.ingest.prices.table import Price, PriceTable, Usage

ONE = (
    'version = "1"\n[[price]]\nprovider = "p"\nmodels = ["m"]\ninput_usd = 0.1\noutput_usd = "2"\n'
)
DOLLARS = st.decimals(0, 1000, places=6)
TABLE = PriceTable(
    "1",
    (
        Price(provider="p", models=("m-1", "other"), input_usd=Decimal(1), output_usd=Decimal(10)),
        Price(provider="p", models=("m-*",), input_usd=Decimal(2), output_usd=Decimal(20)),
        Price(provider="p", models=("m-1-*",), input_usd=Decimal(3), output_usd=Decimal(30)),
        Price(provider="q", models=("m-1",), input_usd=Decimal(4), max_input_tokens=100),
    ),
)


def used(input_tokens: int | None, output_tokens: int | None = 0, **cache: int) -> Usage:
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, **cache)


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        ("p", "m-1", 1),
        ("p", "other", 1),
        ("p", "m-2", 2),
        ("p", "m-", 2),
        ("p", "m-1-2025", 3),
        ("q", "m-1", 4),
        ("p", "m", None),
        ("p", "others", None),
        ("q", "m-2", None),
        ("r", "m-1", None),
        ("", "", None),
    ],
)
def test_the_name_counts_before_the_longest_beginning(
    provider: str, model: str, dollars: int | None
) -> None:
    price = TABLE.find(provider, model)
    assert (price and price.input_usd) == (dollars and Decimal(dollars))


@given(
    prices=st.tuples(DOLLARS, DOLLARS, DOLLARS, DOLLARS),
    counts=st.tuples(*[st.integers(0, 10**8)] * 4),
)
def test_a_cost_is_exact(prices: tuple[Decimal, ...], counts: tuple[int, ...]) -> None:
    fresh, read, write, out = counts
    names = ("input_usd", "cache_read_usd", "cache_write_usd", "output_usd")
    price = Price(provider="p", models=("m",), **dict(zip(names, prices, strict=True)))
    usage = used(fresh + read + write, out, cache_read_tokens=read, cache_write_tokens=write)
    cost = PriceTable("1", (price,)).cost("p", ("m",), usage)
    wanted = sum(Fraction(p) * n for p, n in zip(prices, counts, strict=True)) / 10**6
    assert cost is not None
    assert Fraction(cost) == wanted


@pytest.mark.parametrize(
    ("provider", "usage"),
    [
        ("p", used(None)),
        ("p", used(5, None)),
        ("p", used(5, cache_read_tokens=1)),
        ("p", used(5, cache_write_tokens=1)),
        ("q", used(101)),
        ("q", used(5, 1)),
    ],
)
def test_what_the_table_does_not_say_is_unknown_and_not_zero(provider: str, usage: Usage) -> None:
    assert TABLE.cost(provider, ("m-1",), usage) is None


def test_a_cache_that_was_not_used_needs_no_price() -> None:
    assert TABLE.cost("p", ("m-1",), used(5, cache_read_tokens=0)) == Decimal("0.000005")
    assert TABLE.cost("q", ("m-1",), used(100, None)) == Decimal("0.0004")


def test_the_model_that_answered_counts_before_the_one_that_was_asked() -> None:
    million = used(10**6)
    assert TABLE.cost("p", ("m-1-x", "m-1"), million) == 3
    assert TABLE.cost("p", ("deployment", "m-1"), million) == 1
    assert TABLE.cost("p", ("", "m-1"), million) == 1


def test_the_table_that_comes_with_the_service_is_sound() -> None:
    table = read_prices(DEFAULT_FILE)
    names = [(price.provider, model) for price in table.prices for model in price.models]
    assert len(names) == len(set(names)) > 30
    assert table.version == "2025-10"
    for price in table.prices:
        if price.cache_read_usd is not None:
            assert price.cache_read_usd < price.input_usd
    assert table.cost("openai", ("gpt-4o-2024-08-06",), used(10**6, 10**6)) == Decimal("12.5")
    assert table.cost("openai", ("gpt-4o-audio-preview",), used(1)) is None


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(ONE)
    source = PriceSource(file)
    assert source.table().cost("p", ("m",), used(10**6)) == Decimal("0.1")
    changed = tmp_path / "new.toml"
    changed.write_text(ONE.replace("0.1", "0.25").replace('"1"', '"two"'))
    changed.replace(file)
    assert source.table().version == "two"
    assert source.table().cost("p", ("m",), used(10**6)) == Decimal("0.25")


@pytest.mark.parametrize("content", ["", "nonsense", ONE.replace("0.1", "-1"), ONE + "extra = 1\n"])
def test_a_file_that_cannot_be_used_is_refused_or_changes_nothing(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(content)
    with pytest.raises(BadPricesError, match=r"prices\.toml"):
        PriceSource(file)
    file.write_text(ONE)
    source = PriceSource(file)
    file.write_text(content)
    assert source.table().version == "1"
    file.unlink()
    assert source.table().version == "1"
