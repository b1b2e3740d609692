"""`shadower export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from shadower.exports.v1 import exports_service_pb2 as pb
from shadower.exports.v1.exports_service_pb2_grpc import ExportsServiceStub

from cli.asking.files import STANDARD_OUTPUT, Written, show_written, write_parts
from cli.asking.filters import FilterOption, filter_of
from cli.asking.session import Session, asking
from cli.asking.times import FromOption, SinceOption, Span, ToOption
from cli.failures import UsageError
from cli.rendering.console import tell
from cli.rendering.examples import examples
from cli.rendering.values import count, size

ROWS = "x-shadower-rows"
GZIP = ".gz"
export = typer.Typer(name="export", add_completion=False)


class Format(StrEnum):
    """Forms of the file."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@export.command(
    "export",
    epilog=examples(
        "shadower export runs.csv",
        "shadower export november.parquet --from 2026-11-01 --to 2026-12-01 --zone Europe/Berlin",
        "shadower export runs.jsonl.gz --filter status=failed --column execution_id",
        "shadower export - --format jsonl | jq .cost_usd",
    ),
)
@asking
async def save(  # noqa: PLR0913 - one parameter for each option
    session: Session,
    *,
    file: Annotated[Path, typer.Argument(help="Where to; - is the standard output.")],
    file_format: Annotated[
        Format | None, typer.Option("--format", show_default="by the file's suffix")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Only this field. May be repeated.", show_default="all")
    ] = None,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="Quote texts that a spreadsheet would calculate.")
    ] = False,
    filters: FilterOption = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
) -> None:
    """Write executions to a file, the oldest first; a name that ends in .gz is packed.

    All that are committed when it begins are in it. The file is there when it is whole.
    """
    request = pb.ExportExecutionsRequest(
        workspace_id=session.workspace,
        interval=Span(since, start, end).interval(session.zone),
        filter=filter_of(filters),
        format=_format(file, file_format),
        columns=column,
        spreadsheet_safe=spreadsheet,
        compression=_compression(file),
    )
    call = await session.opened(session.stub(ExportsServiceStub).ExportExecutions, request)
    rows = dict(await call.initial_metadata()).get(ROWS)
    written = await write_parts(session.messages(call), file)
    _tell(session, int(rows) if rows is not None else None, written)


def _tell(session: Session, rows: int | None, written: Written) -> None:
    if session.as_json:
        show_written(written, rows=rows)
        return
    of = f"{count(rows)} executions, " if rows is not None else ""
    to = "the standard output" if written.path == STANDARD_OUTPUT else str(written.path)
    tell(f"{of}{size(written.size_bytes)} to {to}")


def _format(file: Path, given: Format | None) -> "pb.ExportFormat.ValueType":
    suffix = Path(file.name.removesuffix(GZIP)).suffix.removeprefix(".").lower()
    if given is None and suffix not in [one.value for one in Format]:
        raise UsageError(f"{file}: say --format, or a name that ends in .csv, .jsonl or .parquet")
    return pb.ExportFormat.Value(f"EXPORT_FORMAT_{(given or suffix).upper()}")


def _compression(file: Path) -> "pb.ExportCompression.ValueType":
    packed = file.name.endswith(GZIP)
    return pb.EXPORT_COMPRESSION_GZIP if packed else pb.EXPORT_COMPRESSION_NONE
