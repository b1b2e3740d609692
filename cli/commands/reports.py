"""`shadower reports`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from shadower.reports.v1 import reports_service_pb2 as pb
from shadower.reports.v1.report_definition_pb2 import ReportFormat
from shadower.reports.v1.report_pb2 import Report, ReportFile, ReportState
from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceStub

from cli.asking.files import show_written, write_parts
from cli.asking.filters import enum_value
from cli.asking.pages import LimitOption, listed
from cli.asking.session import Session, asking
from cli.asking.times import FromOption, SinceOption, Span, ToOption
from cli.commands.report_definitions import definitions
from cli.durations import parse_duration
from cli.failures import CommandError, ExitCode
from cli.rendering.console import tell, waiting
from cli.rendering.examples import examples
from cli.rendering.reports import FORMAT, STATE, reports_table
from cli.rendering.values import size, word

LOOK_SECONDS = 0.5
WAITING = (ReportState.REPORT_STATE_PENDING, ReportState.REPORT_STATE_RUNNING)
reports = typer.Typer(name="reports", no_args_is_help=True, add_completion=False)
reports.add_typer(definitions)

ReportId = Annotated[str, typer.Argument(metavar="ID", help="The report's id.")]


@reports.callback()
def about() -> None:
    """Say what reports there are, have them made, and take them out."""


@reports.command(
    "list", epilog=examples("shadower reports list", "shadower reports list --state done --json")
)
@asking
async def list_reports(
    session: Session,
    *,
    state: Annotated[
        list[str] | None,
        typer.Option(help="pending, running, done, failed or cancelled.", show_default="all"),
    ] = None,
    definition: Annotated[str, typer.Option(help="Of this definition only.")] = "",
    limit: LimitOption = 50,
) -> None:
    """List reports, the latest first."""
    request = pb.ListReportsRequest(
        workspace_id=session.workspace,
        states=[enum_value(ReportState, STATE, one) for one in state or ()],
        definition=definition,
    )
    rpc = session.stub(ReportsServiceStub).ListReports
    answer = await listed(session, rpc, request, limit)
    session.show(answer, lambda told, zone: reports_table(told.reports, zone))


@reports.command(
    "run",
    epilog=examples(
        "shadower reports run weekly --wait",
        "shadower reports run weekly --from 2026-11-01 --to 2026-11-08 --id week-45 --wait",
    ),
)
@asking
async def run_report(  # noqa: PLR0913 - one parameter for each option
    session: Session,
    *,
    definition: Annotated[
        str, typer.Argument(help="What the report says, by its definition's id.")
    ],
    report_id: Annotated[
        str | None,
        typer.Option("--id", help="The report's id.", show_default="by definition and time"),
    ] = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is made.")] = False,
    patience: Annotated[str, typer.Option("--timeout", help="Wait at most so long.")] = "10m",
) -> None:
    """Ask for a report. To ask for the same id again changes nothing."""
    seconds = parse_duration(patience).total_seconds()
    request = pb.GenerateReportRequest(
        workspace_id=session.workspace,
        report_id=report_id or f"{definition[:40]}-{datetime.now(UTC):%Y%m%dt%H%M%S}",
        definition_id=definition,
        interval=Span(since, start, end).interval(session.zone),
    )
    answer = await session.ask(session.stub(ReportsServiceStub).GenerateReport, request)
    if wait:
        answer.report.CopyFrom(await _made(session, answer.report, seconds))
    session.show(answer, lambda told, zone: reports_table([told.report], zone))
    _check(answer.report)


@reports.command(
    "download",
    epilog=examples(
        "shadower reports download week-45",
        "shadower reports download week-45 --format pdf --output week-45.pdf",
    ),
)
@asking
async def download(
    session: Session,
    *,
    report_id: ReportId,
    file_format: Annotated[
        str | None, typer.Option("--format", help="html, pdf, csv, json, xlsx or parquet.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to.", show_default="named by id and format"),
    ] = None,
) -> None:
    """Save a report that is made, and check that it is whole."""
    wanted = enum_value(ReportFormat, FORMAT, file_format) if file_format else 0
    kept = _file(await _report(session, report_id), wanted)
    suffix = word(ReportFormat, kept.format, FORMAT)
    request = pb.DownloadReportRequest(
        workspace_id=session.workspace, report_id=report_id, format=kept.format
    )
    call = await session.opened(session.stub(ReportsServiceStub).DownloadReport, request)
    path = output or Path(f"{report_id}.{suffix}")
    written = await write_parts(
        session.messages(call), path, total=kept.size_bytes, sha256=kept.sha256
    )
    if session.as_json:
        show_written(written)
    else:
        tell(f"{size(written.size_bytes)} to {path}")


async def _report(session: Session, report_id: str) -> Report:
    request = pb.GetReportRequest(workspace_id=session.workspace, report_id=report_id)
    answer = await session.ask(session.stub(ReportsServiceStub).GetReport, request)
    report: Report = answer.report
    return report


async def _made(session: Session, report: Report, seconds: float) -> Report:
    try:
        with waiting(f"making {report.report_id}") as told:
            async with asyncio.timeout(seconds):
                while report.state in WAITING:
                    await asyncio.sleep(LOOK_SECONDS)
                    report = await _report(session, report.report_id)
                    told(f"making {report.report_id}: {report.progress} %")
    except TimeoutError as error:
        raise CommandError(
            f"{report.report_id} is not made in time; `shadower reports list` shows how it does",
            exit_code=ExitCode.UNAVAILABLE,
        ) from error
    return report


def _check(report: Report) -> None:
    """Raises CommandError for a report that will never be."""
    if report.state in (ReportState.REPORT_STATE_FAILED, ReportState.REPORT_STATE_CANCELLED):
        why = report.failure_message or word(ReportState, report.state, STATE)
        raise CommandError(f"{report.report_id} was not made: {why}")


def _file(report: Report, wanted: int) -> ReportFile:
    found = [one for one in report.files if wanted in (0, one.format)]
    if not found:
        there = ", ".join(word(ReportFormat, one.format, FORMAT) for one in report.files)
        raise CommandError(
            f"{report.report_id} is {word(ReportState, report.state, STATE)}, "
            f"and there is {there or 'nothing'} to download",
            exit_code=ExitCode.NOT_FOUND,
        )
    return found[0]
