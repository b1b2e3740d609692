"""`shadower summary`."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from shadower.common.v1.statistics_pb2 import Comparison, Direction
from shadower.workspaces.v1.workspace_summary_pb2 import (
    AgentActivity,
    EngagementLevel,
    WorkspaceSummary,
)
from shadower.workspaces.v1.workspaces_service_pb2 import (
    GetWorkspaceSummaryRequest,
    GetWorkspaceSummaryResponse,
)
from shadower.workspaces.v1.workspaces_service_pb2_grpc import WorkspacesServiceStub

from cli.asking.session import Session, asking
from cli.asking.times import FromOption, SinceOption, Span, ToOption
from cli.rendering.examples import examples
from cli.rendering.tables import completeness, facts, table
from cli.rendering.values import ABSENT, count, known, number, seconds, share, word

summary = typer.Typer(name="summary", add_completion=False)
ARROWS = {Direction.DIRECTION_UP: "↑", Direction.DIRECTION_DOWN: "↓", Direction.DIRECTION_FLAT: "="}


@summary.command(
    "summary",
    epilog=examples(
        "shadower summary",
        "shadower summary -w acme --since 30d --zone Europe/Berlin",
        "shadower summary --json | jq .summary.successRate",
    ),
)
@asking
async def show(
    session: Session,
    *,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
) -> None:
    """Show how a workspace does, against the period before."""
    request = GetWorkspaceSummaryRequest(
        workspace_id=session.workspace,
        interval=Span(since, start, end).interval(session.zone),
        time_zone=session.zone.key,
    )
    rpc = session.stub(WorkspacesServiceStub).GetWorkspaceSummary
    session.show(await session.ask(rpc, request), _view)


def _view(answer: GetWorkspaceSummaryResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    told = answer.summary
    yield facts((*_of_runs(told), *_of_cost(told), *_of_users(told)))
    yield ""
    yield table(("metric", ">now", ">before", ">change [%]", ""), map(_trend, told.trends))
    yield ""
    yield table((">runs", ">success [%]", "agent", "name"), map(_top, told.top_agents))
    yield from completeness(told, zone)


def _of_runs(told: WorkspaceSummary) -> Iterator[tuple[str, str]]:
    runs, took = told.executions, told.duration
    yield "workspace", told.workspace_id
    yield "runs", count(runs.total)
    yield (
        "by status",
        f"{count(runs.succeeded)} succeeded, {count(runs.failed)} failed, "
        f"{count(runs.timed_out)} timed out, {count(runs.cancelled)} cancelled, "
        f"{count(runs.running)} running",
    )
    yield "success rate [%]", known(told, "success_rate", share)
    for name in ("average", "p50", "p95", "p99"):
        yield f"duration {name} [s]", known(took, name, seconds)


def _of_cost(told: WorkspaceSummary) -> Iterator[tuple[str, str]]:
    yield "tokens", known(told.tokens, "total_tokens", count)
    yield "cost [USD]", known(told.cost, "cost_usd")
    yield "runs of unknown cost", count(told.cost.unknown_executions)
    yield "credits", known(told.cost, "credits")


def _of_users(told: WorkspaceSummary) -> Iterator[tuple[str, str]]:
    users = told.active_users
    yield "agents", count(told.active_agents)
    yield "users", count(users.in_interval)
    yield (
        "users of a day, week, month",
        " / ".join(map(count, (users.daily, users.weekly, users.monthly))),
    )
    yield "engagement", word(EngagementLevel, told.engagement_level, "ENGAGEMENT_LEVEL_")
    health = told.health_score
    yield "health [0–1]", f"{health.score:.2f}" if told.HasField("health_score") else ABSENT  # noqa: RUF001


def _trend(one: Comparison) -> tuple[str, ...]:
    return (
        one.metric,
        number(one.current),
        number(one.baseline),
        known(one, "change_ratio", share),
        ARROWS.get(one.direction, ""),
    )


def _top(one: AgentActivity) -> tuple[str, ...]:
    return count(one.executions), known(one, "success_rate", share), one.agent_id, one.agent_name
