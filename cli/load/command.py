"""`shadower load`."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as ProgressBar

from cli.calls import Edge, split_address
from cli.failures import CommandError, UsageError
from cli.home import DEFAULT_HOME, Home, HomeOption
from cli.load.checkpoint import Checkpoint
from cli.load.kinds import EXECUTIONS, KINDS
from cli.load.loading import Load, Watcher
from cli.load.mapping_options import MappingOptions
from cli.load.outcome import print_report
from cli.load.report import LoadReport
from cli.load.rows import Source
from cli.load.sending import BatchSender
from cli.tokens.command import checked_workspace
from cli.tokens.given import TokenFileOption, given_token
from cli.tokens.signing import token_source

INTERRUPTED = 130


def load(  # noqa: PLR0913 - one parameter for each option
    *,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Where it belongs.")],
    kind: Annotated[
        str | None,
        typer.Option(help=f"What the rows are: {', '.join(KINDS)}.", show_default=EXECUTIONS.name),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file that says where fields come from.")
    ] = None,
    map_field: Annotated[
        list[str] | None, typer.Option("--map", help="target=source: a field's source. Repeatable.")
    ] = None,
    set_field: Annotated[
        list[str] | None, typer.Option("--set", help="target=value for every row. Repeatable.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of times that name none, such as UTC.")
    ] = None,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format", help="jsonl, csv or parquet.", show_default="by the file's suffix"
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, max=1000, help="Rows in one request.")] = 500,
    rejects: Annotated[
        Path | None, typer.Option(help="Write every rejected line's number and reason there.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, even if an earlier load was interrupted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    address: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_ADDRESS", help="The edge.", show_default="the running stack's"
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_TOKEN",
            help="A token, or an API key.",
            show_default="signed with the stack's own key",
        ),
    ] = None,
    token_file: TokenFileOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Load a JSONL, CSV or Parquet file into a workspace.

    Loading a file again is safe: what is stored already counts as duplicate. An interrupted load
    goes on where it stopped. Exits with 0 if nothing was rejected, with 1 if some lines were,
    with 2 if it was called wrongly, and with 3 if it could not finish.
    """
    options = MappingOptions(
        mapping, kind, tuple(map_field or ()), tuple(set_field or ()), time_zone
    )
    fields = options.mapping()
    room = Home.at(home)
    edge = _edge(room, address, given_token(token, token_file), workspace)
    # All that decides what becomes of a row.
    checkpoint = Checkpoint.of(room.loads, file, (workspace, edge.address, *options.described()))
    if fresh:
        checkpoint.remove()
    run = Load(file, file_format, fields, batch_size, checkpoint, rejects)
    report = _loaded(run, BatchSender(edge, workspace, fields.kind), quiet=as_json)
    print_report(report, file, as_json=as_json, all_in=rejects)
    raise typer.Exit(1 if report.rejected else 0)


def _edge(room: Home, address: str | None, bearer: str | None, workspace: str) -> Edge:
    """Raises UsageError."""
    edge = Edge(
        address or room.edge_address(), token_source(room, bearer, checked_workspace(workspace))
    )
    split_address(edge.address)
    return edge


def _loaded(run: Load, sender: BatchSender, *, quiet: bool) -> LoadReport:
    try:
        with _progress_bar(run.file.name, quiet=quiet) as watch:
            return asyncio.run(run.run(sender, watch))
    except KeyboardInterrupt as interrupt:
        raise CommandError(_how_to_go_on(run), exit_code=INTERRUPTED) from interrupt
    except UsageError:
        raise
    except CommandError as error:
        raise CommandError(f"{error}. {_how_to_go_on(run)}", exit_code=error.exit_code) from error
    except OSError as error:
        raise CommandError(f"{error.filename or run.file}: {error.strerror}") from error


def _how_to_go_on(run: Load) -> str:
    rows = run.checkpoint.read().report.rows
    if not rows:
        return "Nothing was stored."
    return f"{rows} rows are done; the same command goes on after them."


@contextmanager
def _progress_bar(title: str, *, quiet: bool) -> Iterator[Watcher]:
    console = Console(stderr=True)
    with ProgressBar(
        console=console, transient=True, disable=quiet or not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=None)

        def watch(source: Source, report: LoadReport) -> None:
            bar.update(
                task,
                total=source.size,
                completed=source.position,
                description=f"{title}: {report.rows} rows",
            )

        yield watch
