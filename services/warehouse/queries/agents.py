"""The agents of a workspace, in an order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from services.runtime.faults import FieldViolation, InvalidArgument
from services.warehouse.database import Session
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped, fetch_over_groups
from services.warehouse.queries.labels import dimension
from services.warehouse.queries.registry import MEASURES, measure
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import Statistics, fetch_statistics_by
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
BY_AGENT = (dimension("agent_id"),)
# So many agents are put in an order that the database does not know: one process answers others,
# too, and this takes it a third of a second.
MOST_RANKED = 20_000
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
# How they are carried, if not as floats.
VALUES = {"cost": "exact_value", "last_start_time": "time_value"}

OrderValue = float | Decimal | None
Place = tuple[OrderValue, str]


class Ranked(NamedTuple):
    """An agent in the order, from 1."""

    position: int
    value: OrderValue
    agent_id: str


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
    is_ready = ORDERS[query.order].is_ready
    page = await (_page_in_database(session, query) if is_ready else _page(session, query))
    ids = [one.agent_id for one in page]
    names = await fetch_names(session, ids)
    statistics = await _statistics(session, query.selection, ids)
    return [
        RankedAgent(agent_id, names.get(agent_id, ""), position, value, statistics[agent_id])
        for position, value, agent_id in page
    ]


async def fetch_names(session: Session, agent_ids: Sequence[str]) -> dict[str, str]:
    """The latest names of those agents that have any."""
    rows = await session.connection.fetch(QUERIES["names"], session.workspace_id, list(agent_ids))
    return {row["agent_id"]: row["agent_name"] for row in rows}


async def _page_in_database(session: Session, query: AgentsQuery) -> list[Ranked]:
    """However many agents ran, only those of the page leave the database."""

    def page(groups: str, parameters: Parameters) -> str:
        return QUERIES["page"].format(
            groups=groups,
            value=QUERIES[VALUES.get(query.order, "value")],
            beyond=_beyond(query, parameters),
            direction="asc" if query.ascending else "desc",
            limit=query.limit,
        )

    rows = await fetch_over_groups(session, _by_agent(query), page)
    return [Ranked(*row) for row in rows]


def _by_agent(query: AgentsQuery) -> GroupedQuery:
    return GroupedQuery(query.selection, [ORDERS[query.order]], BY_AGENT)


def _beyond(query: AgentsQuery, parameters: Parameters) -> str:
    if query.after is None:
        return QUERIES["everywhere"]
    value, agent_id = query.after
    if value is None:
        return QUERIES["amid_unknown"].format(agent=parameters.bind(agent_id))
    text = QUERIES["beyond"].format(sign=">" if query.ascending else "<")
    return text.format(value=parameters.bind(value), agent=parameters.bind(agent_id))


async def _page(session: Session, query: AgentsQuery) -> list[Ranked]:
    """The same in an order that the database does not know."""
    places = enumerate(await _ranked(session, query), start=1)
    found = (Ranked(number, *place) for number, place in places if _is_beyond(query, place))
    return list(islice(found, query.limit))


async def _ranked(session: Session, query: AgentsQuery) -> list[Place]:
    """All agents that ran, equal ones by their ids. Raises InvalidArgument if they are too many."""
    rows = await fetch_grouped(session, replace(_by_agent(query), limit=MOST_RANKED + 1))
    if len(rows) > MOST_RANKED:
        raise _too_many(query.order)
    places: list[Place] = [(_as_float(row.values[0]), row.key[0]) for row in rows]
    known = [place for place in places if place[0] is not None]
    unknown = [place for place in places if place[0] is None]
    return sorted(known, key=itemgetter(0), reverse=not query.ascending) + unknown


def _as_float(found: float | None) -> float | None:
    return None if found is None else float(found)


def _too_many(order: str) -> InvalidArgument:
    return InvalidArgument(
        "RESULT_TOO_LARGE",
        f"more than {MOST_RANKED} agents ran, too many to order by {order}; order them by"
        " something else, or narrow the filter or the interval",
        metadata={"limit": str(MOST_RANKED), "fields": "order_by,filter,interval"},
        violations=[FieldViolation("order_by", f"is for at most {MOST_RANKED} agents")],
    )


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
