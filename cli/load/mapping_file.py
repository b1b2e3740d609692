"""Mapping files: TOML that says where each field of an item comes from."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cli.failures import UsageError
from cli.load.kinds import EXECUTIONS, Kind, Names, kind_named
from cli.load.mapping import FieldMapping
from cli.load.rules import Absence, Rule, condition
from cli.load.values import Clock

Table = Mapping[str, Any]
KNOWN = frozenset(
    ("kind", "time_zone", "time_unit", "fields", "templates", "rules", "constants", "absent")
)
UNITS = ("seconds", "milliseconds", "microseconds")


def read_mapping(path: Path, kind: str | None) -> FieldMapping:
    """The mapping of a file; `kind` wins over the file's own. Raises UsageError."""
    try:
        table = tomllib.loads(path.read_text(), parse_float=Decimal)
        return described(table, kind)
    except OSError as error:
        raise UsageError(f"the mapping {path} cannot be read: {error.strerror}") from error
    except (ValueError, UsageError) as error:
        raise UsageError(f"the mapping {path}: {error}") from error


def described(table: Table, kind_name: str | None = None) -> FieldMapping:
    """Raises UsageError."""
    if unknown := table.keys() - KNOWN:
        raise UsageError(f"{', '.join(sorted(unknown))}: not one of {', '.join(sorted(KNOWN))}")
    kind = kind_named(kind_name or table.get("kind", EXECUTIONS.name))
    return FieldMapping(
        kind,
        fields=_fields(kind, table.get("fields", {})),
        templates=_templates(kind, table.get("templates", {})),
        rules=_rules(kind, table.get("rules", {})),
        constants=_flat(kind, table.get("constants", {})),
        absences=tuple(_absence(kind, entry) for entry in table.get("absent", [])),
        clock=clock(table.get("time_zone"), table.get("time_unit")),
    )


def clock(zone: str | None, unit: Any = None) -> Clock:
    """Raises UsageError."""
    if unit not in (None, *UNITS):
        raise UsageError(f"time_unit {unit!r} is none of {', '.join(UNITS)}")
    try:
        return Clock(ZoneInfo(zone) if zone else None, unit)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f"{zone!r} is no time zone such as UTC or Europe/Berlin") from error


def _fields(kind: Kind, table: Table) -> Names:
    return {target: _names(target, source) for target, source in _flat(kind, table).items()}


def _names(target: str, source: Any) -> tuple[str, ...]:
    names = source if isinstance(source, list) else [source]
    if not all(isinstance(name, str) for name in names):
        raise UsageError(f"{target} must come from a field's name, or from a list of names")
    return tuple(names)


def _templates(kind: Kind, table: Table) -> Mapping[str, str]:
    templates = _flat(kind, table)
    if not all(isinstance(template, str) for template in templates.values()):
        raise UsageError("templates are texts such as 'req-{row}'")
    return templates


def _rules(kind: Kind, table: Table) -> Mapping[str, tuple[Rule, ...]]:
    return {
        target: tuple(_rule(target, entry) for entry in entries)
        for target, entries in _flat(kind, table).items()
    }


def _rule(target: str, entry: Any) -> Rule:
    match entry:
        case {"value": value, **rest} if not rest.keys() - {"when"}:
            return Rule(condition(rest.get("when", {})), value)
    raise UsageError(f"a rule of {target} has a value and, but for the last one, `when`")


def _absence(kind: Kind, entry: Any) -> Absence:
    match entry:
        case {"fields": list(targets), "when": when, **rest} if not rest:
            return Absence(tuple(map(kind.checked_target, targets)), condition(when))
    raise UsageError("an entry of `absent` has `fields` and `when`")


def _flat(kind: Kind, table: Any) -> dict[str, Any]:
    """Tables inside become dotted targets: [fields.metadata] task = … is metadata.task."""
    if not isinstance(table, Mapping):
        raise UsageError("fields, templates, rules and constants are tables")
    return {kind.checked_target(target): value for target, value in _leaves("", table)}


def _leaves(prefix: str, table: Table) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(f"{prefix}{name}.", value)
        else:
            yield prefix + name, value.isoformat() if isinstance(value, datetime) else value
