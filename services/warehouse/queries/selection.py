"""Which facts a query is about."""

from collections import defaultdict
from dataclasses import dataclass, fields

from services.warehouse.queries.interval import Interval
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)

# What cells of executions tell apart, by the field of a filter that narrows to it.
KEYS = {
    "agent_ids": "agent_id",
    "models": "model",
    "statuses": "status",
    "error_types": "error_type",
}


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

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """The fields that narrow executions."""
        names = [field.name for field in fields(self) if field.name != "tags"]
        return {name: values for name in names if (values := getattr(self, name))}

    @property
    def keys(self) -> frozenset[str] | None:
        """What cells must tell apart for it; None if only facts tell what it asks."""
        if self.tags or not self.given.keys() <= KEYS.keys():
            return None
        return frozenset(KEYS[name] for name in self.given)


@dataclass(frozen=True)
class Selection:
    """Facts of an interval that pass a filter."""

    interval: Interval
    filter: Filter = Filter()

    def narrowing(self, parameters: Parameters) -> str:
        """What the filter says of executions or cells of them as SQL, its values bound."""
        conditions = [
            QUERIES[name].format(values=parameters.bind(list(values)))
            for name, values in self.filter.given.items()
        ]
        return " and ".join(conditions) or QUERIES["everything"]

    def narrowing_of_points(self, parameters: Parameters) -> str:
        """What the filter says of metric points as SQL, its values bound."""
        by_key: dict[str, list[str]] = defaultdict(list)
        for key, value in self.filter.tags:
            by_key[key].append(value)
        conditions = [
            QUERIES["tags"].format(key=parameters.bind(key), values=parameters.bind(values))
            for key, values in by_key.items()
        ]
        return " and ".join(conditions) or QUERIES["everything"]
