"""The mapping that the command line's options ask for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cli.failures import UsageError
from cli.load.kinds import EXECUTIONS, Kind, kind_named
from cli.load.mapping import FieldMapping, same_names
from cli.load.mapping_file import clock, read_mapping


@dataclass(frozen=True)
class MappingOptions:
    """A mapping file or none, and what options change about it."""

    file: Path | None = None
    kind: str | None = None
    fields: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    time_zone: str | None = None

    def mapping(self) -> FieldMapping:
        """Raises UsageError."""
        base = self._base()
        sources = {target: (source,) for target, source in _pairs(base.kind, self.fields)}
        changed = base.with_fields(sources).with_constants(dict(_pairs(base.kind, self.constants)))
        if self.time_zone is None:
            return changed
        return replace(changed, clock=clock(self.time_zone, changed.clock.unit))

    def described(self) -> Iterator[str]:
        """All that decides what a row becomes."""
        yield self.file.read_text() if self.file else ""
        yield from (str(self.kind), str(self.time_zone), *self.fields, "", *self.constants)

    def _base(self) -> FieldMapping:
        if self.file is not None:
            return read_mapping(self.file, self.kind)
        return same_names(kind_named(self.kind or EXECUTIONS.name))


def _pairs(kind: Kind, options: Iterable[str]) -> Iterator[tuple[str, str]]:
    for option in options:
        target, _, value = option.partition("=")
        if not value:
            raise UsageError(f"{option!r} is not of the form target=value")
        yield kind.checked_target(target.strip()), value
