"""AgentsService: the agents of a workspace, as a list and one by one."""

import re
from decimal import Decimal

from shadower.agents.v1 import agents_service_pb2 as pb
from shadower.agents.v1.agent_performance_pb2 import AgentPerformance
from shadower.agents.v1.agent_summary_pb2 import AgentSummary
from shadower.agents.v1.agents_service_pb2_grpc import AgentsServiceServicer

from services.agents.answer import performance
from services.agents.facts import fetch_facts
from services.runtime.cache.cache import Cache
from services.runtime.cache.handlers import cached
from services.runtime.cache.question import Answer
from services.runtime.faults import NotFound
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation import requests, values
from services.translation.bases import EVER, basis
from services.translation.meaning import meaning
from services.translation.pages import bad_token, page_size, read_token, write_token
from services.warehouse.database import Database
from services.warehouse.queries.agents import AgentsQuery, RankedAgent, fetch_agents
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection

DEFAULT_PAGE = 50
MAX_PAGE = 500
DECIMAL = re.compile(r"\d{1,40}(\.\d{1,40})?")

Place = tuple[float | Decimal | None, str]


class AgentsServicer(AgentsServiceServicer):
    """Translates between the contract and the warehouse's queries."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self.cache = cache

    @cached(meaning)
    async def ListAgents(self, request: pb.ListAgentsRequest) -> Answer:
        interval, after = _place(request)
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        query = AgentsQuery(
            selection=Selection(interval, requests.fact_filter(request.filter)),
            order=_order(request),
            ascending=request.ascending,
            limit=limit + 1,
            after=after,
        )
        async with self._database.reading(request.workspace_id) as session:
            agents = await fetch_agents(session, query)
        reply = pb.ListAgentsResponse(
            agents=[_agent(agent) for agent in agents[:limit]],
            next_page_token=_next_token(request, interval, agents, limit),
            interval=requests.time_interval(interval),
            as_of=to_timestamp(session.as_of),
            complete_until=optional_timestamp(session.complete_until),
        )
        return Answer(reply, basis(request, session.revision, interval, EVER))

    @cached(meaning)
    async def GetAgentPerformance(self, request: pb.GetAgentPerformanceRequest) -> Answer:
        interval = requests.interval(request)
        zone = requests.zone(request.time_zone)
        async with self._database.reading(request.workspace_id) as session:
            facts = await fetch_facts(session, request.agent_id, interval, zone)
        if facts is None:
            raise _not_found(request.agent_id)
        answer = performance(facts)
        answer.MergeFrom(
            AgentPerformance(
                as_of=to_timestamp(session.as_of),
                complete_until=optional_timestamp(session.complete_until),
            )
        )
        reply = pb.GetAgentPerformanceResponse(performance=answer)
        return Answer(reply, basis(request, session.revision, interval, EVER))


def _place(request: pb.ListAgentsRequest) -> tuple[Interval, Place | None]:
    """The interval of the first page, and the place behind the last agent seen."""
    if not request.page_token:
        return requests.interval(request), None
    interval, position = read_token(request)
    match position:
        case [value, str() as agent_id] if interval is not None:
            return interval, (_order_value(request, value), agent_id)
    raise bad_token("is not one of ours")


def _order_value(request: pb.ListAgentsRequest, value: object) -> float | Decimal | None:
    """Cost is exact and carried as text, everything else is a float; unknown is unknown."""
    if value is None or (isinstance(value, float) and _order(request) != "cost"):
        return value
    if isinstance(value, str) and _order(request) == "cost" and DECIMAL.fullmatch(value):
        return Decimal(value)
    raise bad_token("is not one of ours")


def _next_token(
    request: pb.ListAgentsRequest, interval: Interval, agents: list[RankedAgent], limit: int
) -> str:
    if len(agents) <= limit:
        return ""
    last = agents[limit - 1]
    value = last.order_value
    carried = str(value) if isinstance(value, Decimal) else value
    return write_token(request, interval, [carried, last.agent_id])


def _order(request: pb.ListAgentsRequest) -> str:
    if request.order_by == pb.AGENT_ORDER_UNSPECIFIED:
        return "executions"
    return pb.AgentOrder.Name(request.order_by).removeprefix("AGENT_ORDER_").lower()


def _agent(agent: RankedAgent) -> AgentSummary:
    statistics = agent.statistics
    return AgentSummary(
        agent_id=agent.agent_id,
        agent_name=agent.agent_name,
        position=agent.position,
        executions=values.execution_counts(statistics),
        success_rate=statistics.success_rate,
        duration=values.duration_statistics(statistics),
        tokens=values.token_usage(statistics),
        cost=values.cost_usage(statistics),
        distinct_users=statistics.users,
        last_start_time=optional_timestamp(statistics.last_started_at),
    )


def _not_found(agent_id: str) -> NotFound:
    return NotFound(
        "AGENT_NOT_FOUND",
        f"the workspace has no execution of agent {agent_id!r}",
        metadata={"agentId": agent_id},
    )
