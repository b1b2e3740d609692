"""A load's report for people, or for programs."""

import json
from pathlib import Path

import typer

from cli.load.report import SHOWN, LoadReport


def print_report(report: LoadReport, file: Path, *, as_json: bool, all_in: Path | None) -> None:
    if as_json:
        typer.echo(json.dumps({"file": str(file), **report.to_json()}))
        return
    typer.echo(
        f"{file.name}: {report.rows} rows: {report.stored} stored, {report.updated} updated,"
        f" {report.duplicate} duplicate, {report.rejected} rejected"
    )
    for rejection in report.rejections:
        typer.echo(f"  line {rejection.line}: {rejection.reason}")
    if report.rejected > SHOWN:
        typer.echo(f"  … and {report.rejected - SHOWN} more{_where(all_in)}")


def _where(all_in: Path | None) -> str:
    return f", all of them in {all_in}" if all_in else ": --rejects FILE lists them all"
