"""`shadower status`."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Annotated
from urllib.parse import urlsplit

import psutil
import typer
from rich.console import Console
from rich.table import Table

from cli.home import DEFAULT_HOME, Home, HomeOption, PartState
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
    """Show the parts of the running stack. Exits with 1 unless all of them are ready."""
    state = Home.at(home).read_state()
    reports = asyncio.run(_reports(state.parts if state else ()))
    if as_json:
        address = state.address if state else None
        typer.echo(json.dumps({"address": address, "parts": [asdict(part) for part in reports]}))
    elif state is None:
        typer.echo(f"nothing runs in {Home.at(home).path}")
    else:
        Console().print(_table(reports))
    healthy = bool(reports) and all(part.state == "ready" for part in reports)
    raise typer.Exit(0 if healthy else 1)


async def _reports(parts: Sequence[PartState]) -> list[PartReport]:
    return list(await asyncio.gather(*(_report(part) for part in parts)))


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
