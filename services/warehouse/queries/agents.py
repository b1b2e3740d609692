"""The agents of a workspace, in an order."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import STATISTICS, Statistics, statistics_of
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)


@dataclass(frozen=True)
class RankedAgent:
    """An agent, its position in the order (from 1), and the value that put it there."""

    agent_id: str
    agent_name: str
    position: int
    order_value: float | Decimal | None
    statistics: Statistics


@dataclass(frozen=True)
class AgentsQuery:
    """`after` is the order value and the id of the last agent seen."""

    selection: Selection
    order: str
    ascending: bool
    limit: int
    after: tuple[float | Decimal | None, str] | None = None


async def fetch_agents(session: Session, query: AgentsQuery) -> list[RankedAgent]:
    """Agents behind a place; those whose order value is not known come last."""
    parameters = Parameters(session.workspace_id)
    statement = QUERIES["ranked_agents"].format(
        statistics=STATISTICS,
        order=QUERIES[f"order_{query.order}"],
        condition=query.selection.of_executions(parameters),
        direction="asc" if query.ascending else "desc",
        beyond=_beyond(query, parameters),
        limit=query.limit,
    )
    rows = await session.connection.fetch(statement, *parameters.values)
    return [_agent(dict(row)) for row in rows]


def _beyond(query: AgentsQuery, parameters: Parameters) -> str:
    if query.after is None:
        return "true"
    value, agent_id = query.after
    seen = parameters.bind(agent_id)
    if value is None:
        return QUERIES["beyond_unknown"].format(agent_id=seen)
    return QUERIES["beyond_value"].format(
        value=parameters.bind(value),
        kind="numeric" if isinstance(value, Decimal) else "float8",
        sign=">" if query.ascending else "<",
        agent_id=seen,
    )


def _agent(row: dict[str, Any]) -> RankedAgent:
    return RankedAgent(
        agent_id=row["agent_id"],
        agent_name=row["agent_name"] or "",
        position=row["position"],
        order_value=row["order_value"],
        statistics=statistics_of(row),
    )
