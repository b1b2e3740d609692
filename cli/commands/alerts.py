"""`shadower alerts`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import typer
from shadower.alerts.v1 import alerts_service_pb2 as pb
from shadower.alerts.v1.alert_pb2 import AlertState
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub

from cli.asking.filters import enum_value
from cli.asking.pages import LimitOption, listed
from cli.asking.session import Session, asking
from cli.asking.times import timestamp_of
from cli.commands.alert_rules import rules
from cli.durations import parse_duration
from cli.failures import UsageError
from cli.rendering.alerts import (
    STATE,
    alert_view,
    alerts_view,
    changed_view,
    silence_view,
    silences_view,
)
from cli.rendering.examples import examples

alerts = typer.Typer(name="alerts", no_args_is_help=True, add_completion=False)
alerts.add_typer(rules)

AlertId = Annotated[UUID, typer.Argument(metavar="ID", help="The alert's id.")]
NoteOption = Annotated[str, typer.Option(help="What to say about it.")]


@alerts.callback()
def about() -> None:
    """Look at alerts, take care of them, keep them quiet, and say when there are any."""


@alerts.command(
    "list", epilog=examples("shadower alerts list", "shadower alerts list --state resolved --json")
)
@asking
async def list_alerts(
    session: Session,
    *,
    state: Annotated[
        list[str] | None,
        typer.Option(
            help="pending, triggered, acknowledged or resolved.",
            show_default="triggered, acknowledged",
        ),
    ] = None,
    rule: Annotated[str, typer.Option(help="Of this rule only.")] = "",
    limit: LimitOption = 50,
) -> None:
    """List alerts, the latest first."""
    states = [enum_value(AlertState, STATE, one) for one in state or ()]
    request = pb.ListAlertsRequest(workspace_id=session.workspace, states=states, rule=rule)
    rpc = session.stub(AlertsServiceStub).ListAlerts
    session.show(await listed(session, rpc, request, limit), alerts_view)


@alerts.command(
    "show", epilog=examples("shadower alerts show 01234567-89ab-4def-8123-456789abcdef")
)
@asking
async def show_alert(session: Session, *, alert_id: AlertId) -> None:
    """Show an alert and its history."""
    request = pb.GetAlertRequest(workspace_id=session.workspace, alert_id=str(alert_id))
    session.show(await session.ask(session.stub(AlertsServiceStub).GetAlert, request), alert_view)


@alerts.command(
    "acknowledge",
    epilog=examples("shadower alerts acknowledge 01234567-89ab-4def-8123-456789abcdef --note mine"),
)
@asking
async def acknowledge(session: Session, *, alert_id: AlertId, note: NoteOption = "") -> None:
    """Say that somebody takes care of an alert: it is not told again."""
    request = pb.AcknowledgeAlertRequest(
        workspace_id=session.workspace, alert_id=str(alert_id), note=note
    )
    rpc = session.stub(AlertsServiceStub).AcknowledgeAlert
    session.show(await session.ask(rpc, request), changed_view)


@alerts.command(
    "resolve", epilog=examples("shadower alerts resolve 01234567-89ab-4def-8123-456789abcdef")
)
@asking
async def resolve(session: Session, *, alert_id: AlertId, note: NoteOption = "") -> None:
    """Say that an alert is over."""
    request = pb.ResolveAlertRequest(
        workspace_id=session.workspace, alert_id=str(alert_id), note=note
    )
    rpc = session.stub(AlertsServiceStub).ResolveAlert
    session.show(await session.ask(rpc, request), changed_view)


@alerts.command(
    "silence",
    epilog=examples(
        "shadower alerts silence --for 2h --reason maintenance",
        "shadower alerts silence --rule failing --group agent_id=writer --for 30m",
    ),
)
@asking
async def silence(  # noqa: PLR0913 - one parameter for each option
    session: Session,
    *,
    duration: Annotated[str, typer.Option("--for", help="How long from now on: 30m, 2h, 7d.")],
    rule: Annotated[
        list[str] | None, typer.Option(help="Of this rule. May be repeated.", show_default="of all")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="label=value of groups. May be repeated.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    silence_id: Annotated[
        str | None, typer.Option("--id", help="Its id.", show_default="one that nobody has")
    ] = None,
) -> None:
    """Keep alerts quiet for a time."""
    now = datetime.now(UTC)
    request = pb.CreateSilenceRequest(
        workspace_id=session.workspace,
        silence_id=silence_id or f"silence-{uuid4().hex[:12]}",
        rule_ids=rule,
        group=_pairs(group or ()),
        start_time=timestamp_of(now),
        end_time=timestamp_of(now + parse_duration(duration)),
        reason=reason,
    )
    rpc = session.stub(AlertsServiceStub).CreateSilence
    session.show(await session.ask(rpc, request), silence_view)


@alerts.command("unsilence", epilog=examples("shadower alerts unsilence silence-1f2e3d4c5b6a"))
@asking
async def unsilence(
    session: Session, *, silence_id: Annotated[str, typer.Argument(metavar="ID")]
) -> None:
    """Take a silence back, if there is one."""
    request = pb.DeleteSilenceRequest(workspace_id=session.workspace, silence_id=silence_id)
    rpc = session.stub(AlertsServiceStub).DeleteSilence
    session.show(await session.ask(rpc, request), lambda _, __: [f"{silence_id} is taken back."])


@alerts.command("silences", epilog=examples("shadower alerts silences"))
@asking
async def silences(session: Session, *, limit: LimitOption = 50) -> None:
    """List silences, also those that are over."""
    request = pb.ListSilencesRequest(workspace_id=session.workspace)
    rpc = session.stub(AlertsServiceStub).ListSilences
    session.show(await listed(session, rpc, request, limit), silences_view)


def _pairs(given: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for one in given:
        name, separator, value = one.partition("=")
        if not separator:
            raise UsageError(f"--group {one}: say LABEL=VALUE")
        pairs[name] = value
    return pairs
