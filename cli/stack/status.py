"""`shadower status`."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Annotated, Any
from urllib.parse import urlsplit

import psutil
import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table
from shadower.runtime.v1.statistics_pb2 import ProcessStatistics

from cli.home import DEFAULT_HOME, Home, HomeOption, PartState
from cli.stack import statistics
from cli.stack.footprint import resident_bytes
from cli.stack.leftovers import process_of
from cli.stack.parts import Probe
from cli.stack.readiness import at_once, grpc_service, http_path, http_path_on
from cli.stack.valkey import answers

MIB = 1024 * 1024


@dataclass(frozen=True)
class PartReport:
    """A part as it is now."""

    name: str
    state: str
    pid: int
    address: str
    resident_mib: float
    uptime_seconds: int


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show the parts of the running stack, and what they do. Exits with 1 unless all are ready."""
    state = Home.at(home).read_state()
    parts = state.parts if state else ()
    reports, told = asyncio.run(_looked(parts, statistics.token(Home.at(home))))
    if as_json:
        address = state.address if state else None
        typer.echo(json.dumps({"address": address, "parts": list(_as_json(reports, told))}))
    elif state is None:
        typer.echo(f"nothing runs in {Home.at(home).path}")
    else:
        _show(reports, told)
    healthy = bool(reports) and all(part.state == "ready" for part in reports)
    raise typer.Exit(0 if healthy else 1)


async def _looked(
    parts: Sequence[PartState], bearer: str
) -> tuple[list[PartReport], dict[str, ProcessStatistics]]:
    """And what those that answer tell of themselves, by their names."""
    reports = await asyncio.gather(*(_report(part) for part in parts))
    told = await asyncio.gather(*(statistics.ask(part, bearer) for part in parts))
    named = zip(parts, told, strict=True)
    return list(reports), {part.name: one for part, one in named if one is not None}


def _as_json(
    reports: Sequence[PartReport], told: Mapping[str, ProcessStatistics]
) -> Iterator[dict[str, Any]]:
    for part in reports:
        process = told.get(part.name)
        yield {**asdict(part), "statistics": MessageToDict(process) if process else None}


def _show(reports: Sequence[PartReport], told: Mapping[str, ProcessStatistics]) -> None:
    console = Console()
    console.print(_table(reports))
    for table in statistics.tables(told.items()):
        console.print()
        console.print(table)


async def _report(part: PartState) -> PartReport:
    process = process_of(part)
    if process is None:
        return PartReport(part.name, "dead", part.pid, part.address, 0, 0)
    try:
        resident = round(resident_bytes(process) / MIB, 1)
    except psutil.Error:  # It ended, or belongs to somebody else.
        resident = 0
    state = "ready" if await _probe(part)() else "not ready"
    uptime = int(time() - part.started_at)
    return PartReport(part.name, state, part.pid, part.address, resident, uptime)


def _probe(part: PartState) -> Probe:
    if part.service:
        return grpc_service(part.address, part.service)
    if part.address.startswith("http"):
        address = urlsplit(part.address)
        return http_path(address.hostname or "", address.port or 80, "/health")
    socket = Path(part.address.rpartition("unix:")[2])
    if part.name == "web":
        return http_path_on(socket, "/health")
    return answers(socket) if part.name == "valkey" else at_once


def _table(reports: Sequence[PartReport]) -> Table:
    table = Table("part", "state", "pid", "address", box=None)
    table.add_column("memory", justify="right")
    table.add_column("uptime", justify="right")
    for part in reports:
        color = "green" if part.state == "ready" else "red"
        state = f"[{color}]{part.state}[/{color}]"
        memory = f"{part.resident_mib:.0f} MiB"
        uptime = str(timedelta(seconds=part.uptime_seconds))
        table.add_row(part.name, state, str(part.pid), part.address, memory, uptime)
    total = sum(part.resident_mib for part in reports)
    table.add_row("all", "", "", "", f"{total:.0f} MiB", "")
    return table
