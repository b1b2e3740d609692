"""Which facts a query is about."""

from collections import defaultdict
from dataclasses import dataclass, fields

from services.warehouse.queries.interval import Interval
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)


@dataclass(frozen=True)
class Filter:
    """Values of one field are alternatives, fields narrow each other, none does not narrow."""

    agent_ids: tuple[str, ...] = ()
    agent_versions: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    error_types: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Selection:
    """Facts of an interval that pass a filter."""

    interval: Interval
    filter: Filter = Filter()

    def of_executions(self, parameters: Parameters) -> str:
        """The condition as SQL, its values bound."""
        names = [field.name for field in fields(Filter) if field.name != "tags"]
        given = {name: values for name in names if (values := getattr(self.filter, name))}
        narrowing = [
            QUERIES[name].format(values=parameters.bind(list(values)))
            for name, values in given.items()
        ]
        return " and ".join([self._within("started_at", parameters), *narrowing])

    def of_points(self, parameters: Parameters) -> str:
        """The condition as SQL, its values bound."""
        by_key: dict[str, list[str]] = defaultdict(list)
        for key, value in self.filter.tags:
            by_key[key].append(value)
        narrowing = [
            QUERIES["tags"].format(key=parameters.bind(key), values=parameters.bind(values))
            for key, values in by_key.items()
        ]
        return " and ".join([self._within("occurred_at", parameters), *narrowing])

    def _within(self, time: str, parameters: Parameters) -> str:
        return QUERIES["within"].format(
            time=time,
            start=parameters.bind(self.interval.start),
            end=parameters.bind(self.interval.end),
        )
