"""`shadower alerts rules`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from shadower.alerts.v1 import alerts_service_pb2 as pb
from shadower.alerts.v1.alert_rule_pb2 import KeptAlertRule
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub

from cli.asking.documents import FilesOption, Kind, named_in
from cli.asking.keeping import Call, Keeper, applied
from cli.asking.pages import ALL_THAT_IS_KEPT, LimitOption, listed
from cli.asking.session import Session, asking
from cli.asking.several import telling_what_is_done
from cli.asking.times import FromOption, Span, ToOption
from cli.failures import UsageError
from cli.rendering.alerts import applied_view, preview_view, rules_view
from cli.rendering.examples import examples

RULE = Kind("rule", "rule_id", "name", KeptAlertRule, "rules")

rules = typer.Typer(name="rules", no_args_is_help=True, add_completion=False)


@rules.callback()
def about() -> None:
    """Look at rules, and let files say which there are.

    A file has a rule as the contract's JSON has it, in JSON or YAML: {"ruleId": …, "rule": {…}}, or
    the rule alone, whose id is made of its name. Several may be in one file, and what `list --json`
    prints is such a file.
    """


@rules.command(
    "list",
    epilog=examples("shadower alerts rules list", "shadower alerts rules list --json > rules.json"),
)
@asking
async def list_rules(session: Session, *, limit: LimitOption = ALL_THAT_IS_KEPT) -> None:
    """List the rules, and how far each was judged."""
    request = pb.ListRulesRequest(workspace_id=session.workspace)
    rpc = session.stub(AlertsServiceStub).ListRules
    session.show(await listed(session, rpc, request, limit), rules_view)


@rules.command(
    "apply",
    epilog=examples(
        "shadower alerts rules apply -f failing.yaml",
        "shadower alerts rules list --json | shadower alerts rules apply -f - --workspace other",
    ),
)
@asking
async def apply_rules(session: Session, *, files: FilesOption) -> None:
    """Make the rules that files have, or change those that are there under their ids.

    To apply the same again changes nothing. Rules that no file has stay as they are.
    """
    stub = session.stub(AlertsServiceStub)
    keeper = Keeper(
        RULE,
        Call(stub.CreateRule, pb.CreateRuleRequest),
        Call(stub.GetRule, pb.GetRuleRequest),
        Call(stub.UpdateRule, pb.UpdateRuleRequest),
    )
    done = await applied(session, keeper, named_in(files, RULE))
    answer = pb.ListRulesResponse(rules=[kept for kept, _ in done])
    session.show(answer, lambda _, zone: applied_view(done, zone))


@rules.command(
    "preview",
    epilog=examples(
        "shadower alerts rules preview -f failing.yaml",
        "shadower alerts rules preview failing --since 7d",
    ),
)
@asking
async def preview_rule(  # noqa: PLR0913 - one parameter for each option
    session: Session,
    *,
    rule_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Of a rule that there is.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="With one rule, which need not be kept.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="So long up to now: 12h, 7d.", show_default="1d")
    ] = None,
    start: FromOption = None,
    end: ToOption = None,
) -> None:
    """Show which alerts there would have been by a rule. Nothing is kept, and nobody is told."""
    request = pb.PreviewRuleRequest(
        workspace_id=session.workspace,
        rule=await _one_rule(session, rule_id, file),
        interval=Span(since, start, end).interval(session.zone),
    )
    rpc = session.stub(AlertsServiceStub).PreviewRule
    session.show(await session.ask(rpc, request), preview_view)


@rules.command("delete", epilog=examples("shadower alerts rules delete failing"))
@asking
async def delete_rules(
    session: Session, *, rule_ids: Annotated[list[str], typer.Argument(metavar="ID...")]
) -> None:
    """Delete rules, if there are any. Their alerts are over, and stay to be looked at."""
    answer = pb.DeleteRuleResponse()
    for number, rule_id in enumerate(rule_ids):
        request = pb.DeleteRuleRequest(workspace_id=session.workspace, rule_id=rule_id)
        with telling_what_is_done(f"{one} deleted" for one in rule_ids[:number]):
            answer = await session.ask(session.stub(AlertsServiceStub).DeleteRule, request)
    session.show(answer, lambda _, __: [f"{', '.join(rule_ids)}: deleted."])


async def _one_rule(session: Session, rule_id: str | None, file: Path | None) -> Any:
    """Raises CommandError."""
    if (rule_id is None) == (file is None):
        raise UsageError("say which rule: an ID, or --file")
    if rule_id is not None:
        request = pb.GetRuleRequest(workspace_id=session.workspace, rule_id=rule_id)
        return (await session.ask(session.stub(AlertsServiceStub).GetRule, request)).rule.rule
    found = named_in([file] if file else [], RULE)
    if len(found) != 1:
        raise UsageError(f"{file} has {len(found)} rules; one is previewed at a time")
    return found[0].content
