"""Conditions on a row's own fields, and what holds when they do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cli.failures import UsageError
from cli.load.values import is_absent

RowContent = Mapping[str, Any]
Test = Callable[[Any], bool]


@dataclass(frozen=True)
class Condition:
    """Holds for a row in which every named field passes its test."""

    tests: Mapping[str, Test]

    def holds(self, row: RowContent) -> bool:
        return all(test(looked_up(row, source)) for source, test in self.tests.items())


@dataclass(frozen=True)
class Rule:
    """The value that a target has where the condition holds."""

    when: Condition
    value: Any


@dataclass(frozen=True)
class Absence:
    """Targets that are left out where the condition holds."""

    targets: tuple[str, ...]
    when: Condition


def looked_up(row: RowContent, source: str) -> Any:
    """A field by its name or, inside an object, by its path such as usage.input_tokens."""
    if source in row or "." not in source:
        return row.get(source)
    head, _, rest = source.partition(".")
    inner = row.get(head)
    return looked_up(inner, rest) if isinstance(inner, Mapping) else None


def condition(described: Any) -> Condition:
    """From a mapping file: field = value, = [values], = { not = … } or = { absent = true }."""
    if not isinstance(described, Mapping):
        raise UsageError("`when` must be a table of fields and what they are")
    return Condition({source: _test(source, expected) for source, expected in described.items()})


def _test(source: str, expected: Any) -> Test:
    match expected:
        case {"absent": bool(absent), **rest} if not rest:
            return lambda value: is_absent(value) == absent
        case {"not": unwanted, **rest} if not rest:
            return lambda value: not _is_one_of(value, unwanted)
        case dict():
            raise UsageError(f"the condition on {source!r} may be {{absent = …}} or {{not = …}}")
    return lambda value: _is_one_of(value, expected)


def _is_one_of(value: Any, expected: Any) -> bool:
    choices = expected if isinstance(expected, list) else [expected]
    return any(_is_same(value, choice) for choice in choices)


def _is_same(value: Any, expected: Any) -> bool:
    if isinstance(value, str) and not isinstance(expected, str):
        return value == _written(expected)  # CSV has text only.
    if isinstance(value, bool) != isinstance(expected, bool):
        return False  # In Python, though not in a file, true equals 1.
    if isinstance(value, float) and isinstance(expected, Decimal):
        return value == float(expected)
    return bool(value == expected)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
