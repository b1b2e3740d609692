"""Reads the price table, and reads it again when its file has changed."""

import tomllib
from decimal import Decimal
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.ingest.prices.table import Price, PriceTable
from services.runtime.process import CannotStartError

DEFAULT_FILE = Path(__file__).with_name("prices.toml")


class _Entry(BaseModel):
    """A price as it stands in the file; a number there is read as the decimal that is written."""

    model_config = ConfigDict(extra="forbid")

    provider: str = Field(min_length=1, max_length=64)
    models: list[str] = Field(min_length=1)
    input_usd: Decimal = Field(ge=0, max_digits=18, decimal_places=6)
    output_usd: Decimal | None = Field(default=None, ge=0, max_digits=18, decimal_places=6)
    cache_read_usd: Decimal | None = Field(default=None, ge=0, max_digits=18, decimal_places=6)
    cache_write_usd: Decimal | None = Field(default=None, ge=0, max_digits=18, decimal_places=6)
    max_input_tokens: int | None = Field(default=None, gt=0)


class _File(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(min_length=1, max_length=64)
    price: list[_Entry]


class BadPricesError(CannotStartError):
    """A price table that cannot be used."""


def read_prices(path: Path) -> PriceTable:
    """Raises BadPricesError, or OSError if there is no such file."""
    try:
        content = tomllib.loads(path.read_text(), parse_float=Decimal)
        file = _File.model_validate(content)
    except (tomllib.TOMLDecodeError, ValidationError, UnicodeDecodeError) as wrong:
        raise BadPricesError(f"{path.name}: {wrong}") from wrong
    prices = (entry.model_dump() | {"models": tuple(entry.models)} for entry in file.price)
    return PriceTable(file.version, tuple(Price(**price) for price in prices))


class PriceSource:
    """The table as the file has it. A file that has become unusable changes nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or DEFAULT_FILE
        self._seen = self._stamp()
        self._table = read_prices(self._path)

    def table(self) -> PriceTable:
        stamp = self._stamp()
        if stamp not in (self._seen, None):
            self._seen = stamp
            self._read_again()
        return self._table

    def _read_again(self) -> None:
        try:
            self._table = read_prices(self._path)
        except (BadPricesError, OSError) as error:
            structlog.get_logger("prices").error("price table not read", error=str(error))

    def _stamp(self) -> tuple[int, int, int] | None:
        """None while the file is not there, as in the moment in which it is replaced."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
