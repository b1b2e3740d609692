"""From a file's row to an item of the contract."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from cli.load.kinds import Kind, Names
from cli.load.rows import Row
from cli.load.rules import Absence, RowContent, Rule, looked_up
from cli.load.values import Clock, is_absent, to_json

PLACEHOLDER = re.compile(r"{([^{}]+)}")
ROW_NUMBER = "row"


class UnusableRowError(ValueError):
    """A row that cannot become an item; says why."""


@dataclass(frozen=True)
class FieldMapping:
    """Where each target's value comes from. Later kinds of source win over earlier ones."""

    kind: Kind
    fields: Names = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    clock: Clock = field(default_factory=Clock)

    def item(self, row: Row) -> Message:
        """Raises UnusableRowError. The same row always becomes the same item."""
        if row.content is None:
            raise UnusableRowError(row.trouble)
        try:
            return ParseDict(self._json(row), self.kind.message())
        except ParseError as error:
            raise UnusableRowError(_without_prefix(error)) from error

    def with_fields(self, fields: Names) -> "FieldMapping":
        return replace(self, fields={**self.fields, **fields})

    def with_constants(self, constants: Mapping[str, Any]) -> "FieldMapping":
        return replace(self, constants={**self.constants, **constants})

    def _json(self, row: Row) -> dict[str, Any]:
        item: dict[str, Any] = {}
        for target, value in self._values(row).items():
            name, _, key = target.partition(".")
            if key:
                item.setdefault(name, {})[key] = value
            else:
                item[name] = value
        return {name: self._converted(name, value) for name, value in item.items()}

    def _converted(self, name: str, value: Any) -> Any:
        try:
            return to_json(self.kind.fields[name], value, self.clock)
        except ValueError as error:
            raise UnusableRowError(f"{name}: {error}") from error

    def _values(self, row: Row) -> dict[str, Any]:
        content = row.content or {}
        values = dict(self._sources(row, content))
        for absence in self.absences:
            if absence.when.holds(content):
                values = {key: values[key] for key in values if key not in absence.targets}
        return {target: value for target, value in values.items() if not is_absent(value)}

    def _sources(self, row: Row, content: RowContent) -> Iterator[tuple[str, Any]]:
        for target, sources in self.fields.items():
            yield target, _first_present(content, sources)
        for target, template in self.templates.items():
            yield target, _filled(template, {**content, ROW_NUMBER: row.number})
        for target, rules in self.rules.items():
            yield target, _decided(rules, content)
        yield from self.constants.items()


def same_names(kind: Kind) -> FieldMapping:
    """Takes fields of the contract's names, or of usual other ones, as they are."""
    return FieldMapping(kind, fields=kind.names())


def _first_present(content: RowContent, sources: tuple[str, ...]) -> Any:
    values = (looked_up(content, source) for source in sources)
    return next((value for value in values if not is_absent(value)), None)


def _decided(rules: tuple[Rule, ...], content: RowContent) -> Any:
    return next((rule.value for rule in rules if rule.when.holds(content)), None)


def _filled(template: str, content: RowContent) -> str | None:
    """The text with its {fields}, or nothing if one of them is absent."""
    needed = PLACEHOLDER.findall(template)
    if any(is_absent(looked_up(content, name)) for name in needed):
        return None
    return PLACEHOLDER.sub(lambda match: str(looked_up(content, match[1])), template)


def _without_prefix(error: ParseError) -> str:
    return str(error).removeprefix("Failed to parse ").rstrip(".")
