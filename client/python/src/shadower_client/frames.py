"""Rows and frames out of answers. pandas and polars are imported where they are asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from shadower_client.message import OpenEnum

if TYPE_CHECKING:
    import pandas
    import polars

    from shadower_client.api.aggregates import AggregateRow
    from shadower_client.api.metrics import TimeSeries

Row: TypeAlias = dict[str, Any]


def flat(value: Any, prefix: str = "") -> Row:
    """A dataclass as one row: what lies deeper has a dotted name, an enum its name in small
    letters.
    """
    row: Row = {}
    for field in fields(value):
        content = getattr(value, field.name)
        if is_dataclass(content):
            row |= flat(content, f"{prefix}{field.name}.")
        else:
            row[prefix + field.name] = _plain(content)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, OpenEnum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [flat(item) if is_dataclass(item) else _plain(item) for item in value]
    return value


def pandas_of(rows: Sequence[Row]) -> "pandas.DataFrame":
    import pandas  # noqa: PLC0415

    return pandas.DataFrame.from_records(rows)


def polars_of(rows: Sequence[Row]) -> "polars.DataFrame":
    import polars  # noqa: PLC0415

    # A column may begin with rows in which it is unknown.
    return polars.DataFrame(rows, infer_schema_length=None)


class Table:
    """An answer that is a list of things."""

    __slots__ = ()
    ITEMS: ClassVar[str] = ""

    def records(self) -> list[Row]:
        """A row for each of them."""
        return [flat(item) for item in getattr(self, self.ITEMS)]

    def to_pandas(self) -> "pandas.DataFrame":
        return pandas_of(self.records())

    def to_polars(self) -> "polars.DataFrame":
        return polars_of(self.records())


class SeriesTable(Table):
    """Time series: a row for each bucket of a group, a column for each metric."""

    __slots__ = ()
    time_series: "tuple[TimeSeries, ...]"

    def records(self) -> list[Row]:
        found: dict[tuple[Any, ...], Row] = {}
        for series in self.time_series:
            for point in series.points:
                _row_of(found, series.labels, point.start_time)[series.metric] = point.value
        return _even(found.values(), [one.metric for one in self.time_series])


class AggregateTable(Table):
    """Aggregates: a row for each bucket of a group, a column for each aggregation."""

    __slots__ = ()
    rows: "tuple[AggregateRow, ...]"

    def records(self) -> list[Row]:
        return _even(
            map(_aggregates, self.rows), [one.name for row in self.rows for one in row.values]
        )


def _aggregates(row: "AggregateRow") -> Row:
    start = {"start_time": row.bucket.start_time} if row.bucket else {}
    return {**row.labels, **start, **{one.name: one.value for one in row.values}}


def _row_of(found: dict[tuple[Any, ...], Row], labels: Mapping[str, str], start: datetime) -> Row:
    key = (start, *sorted(labels.items()))
    return found.setdefault(key, {**labels, "start_time": start})


def _even(rows: Iterable[Row], metrics: Sequence[str]) -> list[Row]:
    """Each row has every column; what is not known is None."""
    every, named = list(rows), dict.fromkeys(metrics)
    labels = {name: None for row in every for name in row if name not in named}
    columns = [*labels, *named]
    return [{name: row.get(name) for name in columns} for row in every]
