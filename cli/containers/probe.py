"""`shadower probe`: what an engine of containers asks, where it has no probe of gRPC itself."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli.containers.programs import EDGE, WEB, checked_name, name_of
from cli.edge.settings import EdgeSettings
from cli.failures import CommandError
from cli.stack.parts import Probe
from cli.stack.readiness import grpc_service, http_path, http_path_on
from cli.stack.services import SERVICES, WRITER
from services.runtime.process_settings import ProcessSettings

FIRST_PROCESS = Path("/proc/1/cmdline")
UNIX = "unix:"
HEALTH, LISTEN = "SHADOWER_HEALTH_LISTEN", "SHADOWER_LISTEN"
EDGE_METRICS, EDGE_LISTEN = "SHADOWER_EDGE_METRICS_LISTEN", "SHADOWER_EDGE_LISTEN"
# As gateway.web has it, which nothing here imports.
WEB_LISTENS = "127.0.0.1:50049"
GRPC_NAMES = {**SERVICES, WRITER.name: WRITER.service}


def probe(
    name: Annotated[
        str, typer.Argument(help="As of `shadower serve`.", show_default="what the container runs")
    ] = "",
) -> None:
    """Ask a process of this container whether it can answer. Exits with 1 if not."""
    asked = checked_name(name) if name else _first_process()
    if asked and not asyncio.run(_is_ready(asked)):
        raise CommandError(f"{asked} is not ready", exit_code=1)


async def _is_ready(name: str) -> bool:
    return await probe_of(name, os.environ)()


def _first_process() -> str:
    """Empty for one that serves nothing, such as a migration: it is well as long as it runs."""
    return name_of(FIRST_PROCESS.read_text().split("\0"))


def probe_of(name: str, environment: Mapping[str, str]) -> Probe:
    """Raises CommandError if the process listens nowhere where it may be asked."""
    if name == EDGE:
        return _of_edge(environment)
    usual = WEB_LISTENS if name == WEB else _usual(ProcessSettings, "listen")
    address = environment.get(HEALTH) or environment.get(LISTEN) or usual
    return _http(address, "/health") if name == WEB else _grpc(address, GRPC_NAMES[name])


def _of_edge(environment: Mapping[str, str]) -> Probe:
    """The mesh listener is for those with certificates, so nobody asks there."""
    metrics = environment.get(EDGE_METRICS, _usual(EdgeSettings, "edge_metrics_listen"))
    if metrics:
        return _http(metrics, "/ready")
    listen = environment.get(EDGE_LISTEN, _usual(EdgeSettings, "edge_listen"))
    if not listen:
        raise CommandError(f"without {EDGE_METRICS} nobody can ask this edge", exit_code=1)
    return _http(listen, "/health")


def _usual(settings: type[ProcessSettings], name: str) -> str:
    return str(settings.model_fields[name].default)


def _grpc(address: str, service: str) -> Probe:
    return grpc_service(address if address.startswith(UNIX) else _near(address), service)


def _http(address: str, path: str) -> Probe:
    if address.startswith(UNIX):
        return http_path_on(Path(address.removeprefix(UNIX)), path)
    host, _, port = _near(address).rpartition(":")
    return http_path(host.strip("[]"), int(port), path)


def _near(address: str) -> str:
    """Where this machine reaches what listens on all of its addresses."""
    host, _, port = address.rpartition(":")
    return f"127.0.0.1:{port}" if host in ("", "0.0.0.0", "[::]") else address  # noqa: S104 - compared
