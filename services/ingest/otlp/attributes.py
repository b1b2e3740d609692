"""Attributes of OTLP, read by what they should be: what is of another type is not there."""

from collections.abc import Iterable

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

MAX_COUNT = 10**12


class Attributes:
    """The attributes whose keys are of interest. Of a key that comes twice, the last counts."""

    def __init__(self, pairs: Iterable[KeyValue], keys: frozenset[str]) -> None:
        self._values = {pair.key: pair.value for pair in pairs if pair.key in keys}

    def __bool__(self) -> bool:
        return bool(self._values)

    def text(self, keys: Iterable[str], limit: int) -> str:
        """The first that is a text, printable, trimmed and at most so long; "" if none is."""
        return next((found for key in keys if (found := self._text(key, limit))), "")

    def texts(self, keys: Iterable[str], limit: int) -> list[str]:
        """The first that is a list of texts, or a text; none if none is."""
        return next((found for key in keys if (found := self._texts(key, limit))), [])

    def count(self, keys: Iterable[str]) -> int | None:
        """The first that is a whole number which can be a count."""
        found = (self._count(key) for key in keys)
        return next((count for count in found if count is not None), None)

    def _text(self, key: str, limit: int) -> str:
        value = self._values.get(key)
        return printable(value.string_value, limit).strip() if value is not None else ""

    def _texts(self, key: str, limit: int) -> list[str]:
        value = self._values.get(key, AnyValue())
        said = [one.string_value for one in value.array_value.values] or [value.string_value]
        return [printable(one, limit) for one in said if one]

    def _count(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is None or value.WhichOneof("value") != "int_value":
            return None
        return value.int_value if 0 <= value.int_value <= MAX_COUNT else None


def printable(text: str, limit: int) -> str:
    """The beginning of a text, in one line, without what nobody can see."""
    shown = text[:limit]
    return shown if shown.isprintable() else "".join(c if c.isprintable() else " " for c in shown)
