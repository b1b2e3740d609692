"""What answers are made of: cells where they agree with the facts, else facts as cells of one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.warehouse.facts.horizon import Horizon
from services.warehouse.queries.selection import Selection
from services.warehouse.rollups.levels import OF_POINTS, SORTS, Sort
from services.warehouse.rollups.planning import Part, Plan
from services.warehouse.rollups.spans import Spans
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
# So many spans of facts are asked for one by one, so that only their months are looked at.
FEW = 8
UNION = "\nunion all\n"


class Facts(Protocol):
    """A kind of facts."""

    def units(self, where: str, parameters: Parameters, /) -> str:
        """Those facts that some SQL is true of, as cells of one fact."""
        ...

    def condition(self, selection: Selection, parameters: Parameters) -> str:
        """What is selected beside its time, as SQL whose values are bound."""
        ...


class Source(Facts, Protocol):
    """A kind of facts, and of cells of them."""

    @property
    def sorts(self) -> Sequence[Sort]:
        """The sorts of its cells."""
        ...

    def keys(self, selection: Selection, /) -> frozenset[str] | None:
        """What cells must tell apart to be selected; None if they cannot be."""
        ...

    def cells(self, where: str, parameters: Parameters, /) -> str:
        """Those cells that some SQL is true of, in the same columns."""
        ...

    def gone(self, horizon: Horizon, /) -> datetime | None:
        """Before that, facts may be gone."""
        ...


class Executions:
    """Runs."""

    sorts = SORTS

    def keys(self, selection: Selection) -> frozenset[str] | None:
        return selection.filter.keys

    def units(self, where: str, _parameters: Parameters) -> str:
        return QUERIES["executions"].format(where=where)

    def cells(self, where: str, _parameters: Parameters) -> str:
        return QUERIES["cells_of_executions"].format(where=where)

    def gone(self, horizon: Horizon) -> datetime | None:
        return horizon.runs_gone

    def condition(self, selection: Selection, parameters: Parameters) -> str:
        return selection.narrowing(parameters)


@dataclass(frozen=True)
class Points:
    """Points of some metrics. Statements know a metric by its number, from 1."""

    metrics: tuple[str, ...]
    sorts = OF_POINTS

    def keys(self, selection: Selection) -> frozenset[str] | None:
        return None if selection.filter.tags else frozenset({"metric_type"})

    def units(self, where: str, parameters: Parameters) -> str:
        return self._numbered("points", where, parameters)

    def cells(self, where: str, parameters: Parameters) -> str:
        return self._numbered("cells_of_points", where, parameters)

    def gone(self, horizon: Horizon) -> datetime | None:
        return horizon.points_from

    def _numbered(self, query: str, where: str, parameters: Parameters) -> str:
        metrics = parameters.bind(list(self.metrics))
        return QUERIES["numbered"].format(metrics=metrics, rows=QUERIES[query].format(where=where))

    def condition(self, selection: Selection, parameters: Parameters) -> str:
        return selection.narrowing_of_points(parameters)


EXECUTIONS = Executions()


def arms(source: Source, selection: Selection, planned: Plan, parameters: Parameters) -> str:
    """Everything that is planned, as SQL whose values are bound."""
    condition = source.condition(selection, parameters)
    found = [_cells(source, planned.parts, condition, parameters)] if planned.parts else []
    of_facts = _facts(source, planned.facts, condition, parameters) if planned.facts else ()
    return UNION.join([*found, *(QUERIES["amid_others"].format(units=one) for one in of_facts)])


def arms_of_facts(source: Facts, selection: Selection, times: Spans, parameters: Parameters) -> str:
    """The facts of some times, as SQL whose values are bound."""
    return UNION.join(_facts(source, times, source.condition(selection, parameters), parameters))


def _cells(source: Source, parts: tuple[Part, ...], condition: str, parameters: Parameters) -> str:
    spans = [
        (part, start, end) for part in parts for start, end in zip(*part.times.times, strict=True)
    ]
    return QUERIES["cells"].format(
        levels=parameters.bind([part.sort.level.value for part, _, _ in spans]),
        cuboids=parameters.bind([part.sort.cuboid.value for part, _, _ in spans]),
        starts=parameters.bind([start for _, start, _ in spans]),
        ends=parameters.bind([end for _, _, end in spans]),
        alone=parameters.bind([part.are_alone for part, _, _ in spans]),
        cells=source.cells(QUERIES["of_part"].format(condition=condition), parameters),
    )


def _facts(source: Facts, spans: Spans, condition: str, parameters: Parameters) -> Iterator[str]:
    starts, ends = spans.times
    if len(starts) > FEW:
        bound = {"starts": parameters.bind(starts), "ends": parameters.bind(ends)}
        where = QUERIES["of_any_span"].format(condition=condition)
        yield QUERIES["many_facts"].format(units=source.units(where, parameters), **bound)
        return
    for start, end in zip(starts, ends, strict=True):
        bound = {"start": parameters.bind(start), "end": parameters.bind(end)}
        where = QUERIES["of_span"].format(condition=condition, **bound)
        yield source.units(where, parameters)
