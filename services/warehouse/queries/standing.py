"""How one agent stands among all that ran."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.agents import BY_AGENT
from services.warehouse.queries.grouped import GroupedQuery, fetch_over_groups
from services.warehouse.queries.measures import Measure
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import Statistics, measures_of, statistics_of
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
# The first three measures that the statement ranks by, and what else it tells of all.
RANKED = ("total", "success_rate", "average_duration")
COMPARED = (*RANKED, "average_tokens", "average_cost")


def ready_measures(names: Sequence[str]) -> list[Measure]:
    """The statement and who reads it number values by the names: each must have one column of its
    own, and be that column's value."""
    measures = measures_of(names)
    if not all(one.is_ready for one in measures) or len(set(measures)) < len(measures):
        raise AssertionError(f"values of {', '.join(names)} cannot be numbered by their names")
    return measures


MEASURES_COMPARED = ready_measures(COMPARED)


@dataclass(frozen=True)
class Standing:
    """Ranks among the agents that ran, 1 for best; None where there is nothing to rank."""

    agents: int
    executions_rank: int
    success_rate_rank: int | None
    duration_rank: int | None
    success_rate_percentile: float | None


@dataclass(frozen=True)
class Among:
    """All runs of the workspace, and the agent's standing; None if it did not run."""

    workspace: Statistics
    standing: Standing | None


async def fetch_among(session: Session, workspace: Selection, agent_id: str) -> Among:
    """What an agent is compared with. The others are counted where they are."""

    def among(groups: str, parameters: Parameters) -> str:
        return QUERIES["among"].format(groups=groups, agent=parameters.bind(agent_id))

    query = GroupedQuery(workspace, MEASURES_COMPARED, BY_AGENT, with_total=True)
    [row] = await fetch_over_groups(session, query, among)
    total = (row[f"value_{number}"] for number, _ in enumerate(COMPARED, start=1))
    return Among(statistics_of(COMPARED, total), _standing(row))


def _standing(row: Any) -> Standing | None:
    if row["agents"] is None:
        return None
    return Standing(**{field.name: row[field.name] for field in fields(Standing)})
