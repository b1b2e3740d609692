"""`shadower agents`."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from shadower.agents.v1 import agents_service_pb2 as pb
from shadower.agents.v1.agent_performance_pb2 import AgentPerformance, ErrorCount, ModelUsage
from shadower.agents.v1.agent_summary_pb2 import AgentSummary
from shadower.agents.v1.agents_service_pb2_grpc import AgentsServiceStub
from shadower.common.v1.execution_pb2 import ErrorType

from cli.asking.filters import FilterOption, filter_of
from cli.asking.pages import LimitOption, listed
from cli.asking.session import Session, asking
from cli.asking.times import FromOption, SinceOption, Span, ToOption
from cli.failures import UsageError
from cli.rendering.examples import examples
from cli.rendering.tables import completeness, facts, table
from cli.rendering.values import count, known, real, seconds, share, time_if, word

agents = typer.Typer(name="agents", add_completion=False)


class Order(StrEnum):
    """What agents are ordered by."""

    EXECUTIONS = "executions"
    SUCCESS_RATE = "success-rate"
    AVERAGE_DURATION = "average-duration"
    P95_DURATION = "p95-duration"
    TOTAL_TOKENS = "total-tokens"
    COST = "cost"
    DISTINCT_USERS = "distinct-users"
    LAST_START_TIME = "last-start-time"


@agents.command(
    "agents",
    epilog=examples(
        "shadower agents",
        "shadower agents --order success-rate --ascending --since 24h --limit 10",
        "shadower agents writer --since 30d",
        "shadower agents --json | jq '.agents[] | {agentId, successRate}'",
    ),
)
@asking
async def show(  # noqa: PLR0913 - one parameter for each option
    session: Session,
    *,
    agent: Annotated[
        str | None, typer.Argument(help="The id of one, to see how it does; else all are listed.")
    ] = None,
    order: Annotated[Order, typer.Option(help="What they are ordered by.")] = Order.EXECUTIONS,
    ascending: Annotated[bool, typer.Option("--ascending", help="Least first.")] = False,
    filters: FilterOption = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    limit: LimitOption = 50,
) -> None:
    """List agents, the busiest first; or show how one does."""
    span = Span(since, start, end)
    if agent is not None:
        await _show_one(session, agent, span, filters)
        return
    request = pb.ListAgentsRequest(
        workspace_id=session.workspace,
        interval=span.interval(session.zone),
        filter=filter_of(filters),
        order_by=pb.AgentOrder.Value(f"AGENT_ORDER_{order.upper().replace('-', '_')}"),
        ascending=ascending,
    )
    rpc = session.stub(AgentsServiceStub).ListAgents
    session.show(await listed(session, rpc, request, limit), _list_view)


async def _show_one(session: Session, agent: str, span: Span, filters: list[str] | None) -> None:
    if filters:
        raise UsageError("--filter is for the list; one agent is shown with all of its runs")
    request = pb.GetAgentPerformanceRequest(
        workspace_id=session.workspace,
        agent_id=agent,
        interval=span.interval(session.zone),
        time_zone=session.zone.key,
    )
    rpc = session.stub(AgentsServiceStub).GetAgentPerformance
    session.show(await session.ask(rpc, request), _one_view)


HEADINGS = (
    ">#",
    "agent",
    "name",
    ">runs",
    ">success [%]",
    ">average [s]",
    ">p95 [s]",
    ">tokens",
    ">cost [USD]",
    ">users",
    "last run",
)


def _list_view(answer: pb.ListAgentsResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield table(HEADINGS, (_row(one, zone) for one in answer.agents))
    yield from completeness(answer, zone)


def _row(one: AgentSummary, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        str(one.position),
        one.agent_id,
        one.agent_name,
        count(one.executions.total),
        known(one, "success_rate", share),
        known(one.duration, "average", seconds),
        known(one.duration, "p95", seconds),
        known(one.tokens, "total_tokens", count),
        known(one.cost, "cost_usd"),
        count(one.distinct_users),
        time_if(one, "last_start_time", zone),
    )


def _one_view(answer: pb.GetAgentPerformanceResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    told = answer.performance
    yield facts((*_of_runs(told), *_of_time(told), *_of_others(told)))
    yield ""
    yield table(
        ("model", ">runs", ">success [%]", ">tokens", ">cost [USD]"), map(_model, told.models)
    )
    if told.errors:
        yield ""
        yield table(("error", ">runs", ">share [%]"), map(_error, told.errors))
    yield from completeness(told, zone)


def _of_runs(told: AgentPerformance) -> Iterator[tuple[str, str]]:
    runs = told.executions
    yield "agent", told.agent_id
    yield "name", told.agent_name
    yield "runs", count(runs.total)
    yield "failed, timed out", f"{count(runs.failed)}, {count(runs.timed_out)}"
    yield "success rate [%]", known(told, "success_rate", share)
    yield "availability [%]", known(told.reliability, "availability", share)


def _of_time(told: AgentPerformance) -> Iterator[tuple[str, str]]:
    for name in ("average", "minimum", "p50", "p75", "p90", "p95", "p99", "maximum"):
        yield f"duration {name} [s]", known(told.duration, name, seconds)


def _of_others(told: AgentPerformance) -> Iterator[tuple[str, str]]:
    yield "tokens", known(told.tokens, "total_tokens", count)
    yield "cost [USD]", known(told.cost, "cost_usd")
    yield "users", count(told.distinct_users)
    yield "rating [1–5]", known(told.ratings, "average", real)  # noqa: RUF001
    standing = told.standing
    if told.HasField("standing"):
        yield "rank by runs", f"{count(standing.executions_rank)} of {count(standing.agents)}"


def _model(one: ModelUsage) -> tuple[str, ...]:
    return (
        one.model,
        count(one.executions),
        known(one, "success_rate", share),
        known(one.tokens, "total_tokens", count),
        known(one.cost, "cost_usd"),
    )


def _error(one: ErrorCount) -> tuple[str, ...]:
    return word(ErrorType, one.error_type, "ERROR_TYPE_"), count(one.executions), share(one.share)
