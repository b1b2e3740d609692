"""The agents of a workspace, in an order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.labels import dimension
from services.warehouse.queries.registry import MEASURES, measure
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import Statistics, fetch_statistics_by
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
BY_AGENT = (dimension("agent_id"),)
# What agents are ordered by. Values are floats but for cost, which is exact; a page token carries
# both without loss.
ORDERS = {
    "executions": MEASURES["executions"],
    "success_rate": MEASURES["success_rate"],
    "average_duration": MEASURES["duration_avg"],
    "p95_duration": MEASURES["duration_p95"],
    "total_tokens": MEASURES["total_tokens"],
    "cost": MEASURES["cost"],
    "distinct_users": MEASURES["active_users"],
    "last_start_time": measure("last_started_at"),
}

OrderValue = float | Decimal | None
Place = tuple[OrderValue, str]


@dataclass(frozen=True)
class RankedAgent:
    """An agent, its position in the order (from 1), and the value that put it there."""

    agent_id: str
    agent_name: str
    position: int
    order_value: OrderValue
    statistics: Statistics


@dataclass(frozen=True)
class AgentsQuery:
    """`after` is the order value and the id of the last agent seen."""

    selection: Selection
    order: str
    ascending: bool
    limit: int
    after: Place | None = None


async def fetch_agents(session: Session, query: AgentsQuery) -> list[RankedAgent]:
    """Agents behind a place; those whose order value is not known come last."""
    ranked = enumerate(await _ranked(session, query), start=1)
    page = [(number, place) for number, place in ranked if _is_beyond(query, place)][: query.limit]
    ids = [agent_id for _, (_, agent_id) in page]
    names = await fetch_names(session, ids)
    statistics = await _statistics(session, query.selection, ids)
    return [
        RankedAgent(agent_id, names.get(agent_id, ""), number, value, statistics[agent_id])
        for number, (value, agent_id) in page
    ]


async def fetch_names(session: Session, agent_ids: Sequence[str]) -> dict[str, str]:
    """The latest names of those agents that have any."""
    rows = await session.connection.fetch(QUERIES["names"], session.workspace_id, list(agent_ids))
    return {row["agent_id"]: row["agent_name"] for row in rows}


async def _ranked(session: Session, query: AgentsQuery) -> list[Place]:
    """All agents that ran, equal ones by their ids."""
    rows = await fetch_grouped(
        session, GroupedQuery(query.selection, [ORDERS[query.order]], BY_AGENT)
    )
    places: list[Place] = [(_as_value(row.values[0]), row.key[0]) for row in rows]
    known = [place for place in places if place[0] is not None]
    unknown = [place for place in places if place[0] is None]
    return sorted(known, key=itemgetter(0), reverse=not query.ascending) + unknown


def _as_value(found: Any) -> OrderValue:
    if found is None or isinstance(found, Decimal):
        return found
    return found.timestamp() if isinstance(found, datetime) else float(found)


def _is_beyond(query: AgentsQuery, place: Place) -> bool:
    if query.after is None:
        return True
    (value, agent_id), (seen, seen_id) = place, query.after
    if value is None or seen is None:
        return value is None and (seen is not None or agent_id > seen_id)
    if value == seen:
        return agent_id > seen_id
    return (value > seen) is query.ascending


async def _statistics(
    session: Session, selection: Selection, agent_ids: Sequence[str]
) -> dict[str, Statistics]:
    if not agent_ids:
        return {}
    of_page = replace(selection, filter=replace(selection.filter, agent_ids=tuple(agent_ids)))
    found = await fetch_statistics_by(session, of_page, BY_AGENT)
    return {agent_id: statistics for (agent_id,), statistics in found}
