"""What stands in the columns of an export, and how each form of file has it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson

from services.warehouse.exports.executions import COLUMNS

MICROSECONDS = 1_000_000


class Sort(Enum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    MONEY = "money"
    TIME = "time"
    LENGTH = "length"
    MAP = "map"


SORTS: Mapping[str, Sort] = {
    "start_time": Sort.TIME,
    "end_time": Sort.TIME,
    "duration": Sort.LENGTH,
    "input_tokens": Sort.WHOLE,
    "output_tokens": Sort.WHOLE,
    "cached_input_tokens": Sort.WHOLE,
    "user_rating": Sort.WHOLE,
    "tool_calls": Sort.WHOLE,
    "cost_usd": Sort.MONEY,
    "credits": Sort.MONEY,
    "metadata": Sort.MAP,
}


@dataclass(frozen=True)
class ExportColumn:
    """A column by its name in the contract."""

    name: str

    @property
    def sort(self) -> Sort:
        return SORTS.get(self.name, Sort.TEXT)


ALL = tuple(map(ExportColumn, COLUMNS))


def seconds(microseconds: int) -> float:
    return microseconds / MICROSECONDS


def rfc3339(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def decimal(value: Decimal) -> str:
    return format(value, "f")


def json_text(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()


def unchanged(value: Any) -> Any:
    return value


JSON_VALUES: Mapping[Sort, Callable[[Any], Any]] = {
    Sort.TEXT: unchanged,
    Sort.WHOLE: unchanged,
    Sort.MONEY: decimal,
    Sort.TIME: rfc3339,
    Sort.LENGTH: seconds,
    Sort.MAP: unchanged,
}
TEXTS: Mapping[Sort, Callable[[Any], str]] = {
    Sort.TEXT: str,
    Sort.WHOLE: str,
    Sort.MONEY: decimal,
    Sort.TIME: rfc3339,
    Sort.LENGTH: lambda microseconds: repr(seconds(microseconds)),
    Sort.MAP: json_text,
}
